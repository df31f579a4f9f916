# The API and the command line: seal tokens and secret variables, and open none of them.
path "transit/encrypt/steps" {
  capabilities = ["update"]
}

# The check at the start: that this is the key which the database was made with. OpenBao wraps the check's key again,
# and no other: the context is that of the check alone.
path "transit/rewrap/steps" {
  capabilities        = ["update"]
  required_parameters = ["context", "ciphertext"]
  allowed_parameters = {
    "context"    = ["qDuamgXDymnj9sO7JPWN9YDyofMSJ/XNUEreP8RGLg4="]
    "ciphertext" = []
  }
}

# What the API itself must verify: the tokens that providers sign their events with.
path "transit/encrypt/steps-hooks" {
  capabilities = ["update"]
}

path "transit/decrypt/steps-hooks" {
  capabilities = ["update"]
}
