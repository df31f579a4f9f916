# The workers: open tokens and secret variables. A refreshed token is sealed with the data key of the one before,
# so that a worker needs no permission to encrypt.
path "transit/decrypt/steps" {
  capabilities = ["update"]
}
