#!/bin/sh
# For the postgres image of docker-compose.yml, which runs it once, on an empty volume.
set -eu
psql -q -U "$POSTGRES_USER" -d postgres \
  -v owner_password="$OWNER_PASSWORD" -v user_password="$USER_PASSWORD" -v waba_password="$WABA_PASSWORD" \
  -f /roles.sql
