# Whoever rotates the keys: make a new version, wrap the data keys again, retire the old versions. It sees no data key.
path "transit/keys/steps" {
  capabilities = ["read"]
}

path "transit/keys/steps/rotate" {
  capabilities = ["update"]
}

# Nothing but the oldest version that opens; not that the key may be exported or deleted.
path "transit/keys/steps/config" {
  capabilities = ["update"]
  allowed_parameters = {
    "min_decryption_version" = []
  }
}

path "transit/rewrap/steps" {
  capabilities = ["update"]
}

path "transit/keys/steps-hooks" {
  capabilities = ["read"]
}

path "transit/keys/steps-hooks/rotate" {
  capabilities = ["update"]
}

path "transit/keys/steps-hooks/config" {
  capabilities = ["update"]
  allowed_parameters = {
    "min_decryption_version" = []
  }
}

path "transit/rewrap/steps-hooks" {
  capabilities = ["update"]
}
