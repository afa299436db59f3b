#!/usr/bin/env bash
# Runs once, on an empty data volume: a role and a database for each service, closed to the others.
set -euo pipefail
for service in auth profile booking chat notification; do
  psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres \
    --set role="hearth_$service" --set password="$(cat "/run/secrets/postgres-$service-password")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
