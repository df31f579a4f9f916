# OpenBao as docker-compose.yml runs it: one node, its data encrypted on a volume, unsealed by a key file at its start.
ui           = false
api_addr     = "http://openbao:8200"
cluster_addr = "http://openbao:8201"

# Plain HTTP, on a network that only OpenBao, its setup, the API and the workers join. Elsewhere: tls_cert_file, tls_key_file.
listener "tcp" {
  address         = "0.0.0.0:8200"
  cluster_address = "0.0.0.0:8201"
  tls_disable     = true
}

storage "raft" {
  path    = "/openbao/file"
  node_id = "openbao"
}

# Whoever has this file and the volume has the keys. Without this block, people unseal it: docs/keys.md.
seal "static" {
  current_key_id = "1"
  current_key    = "file:///run/secrets/openbao_unseal_key"
}

# Two lines for each request, without what was sealed. OpenBao answers nothing that it cannot note here.
audit "file" "main" {
  options {
    file_path = "/openbao/logs/audit.log"
  }
}
