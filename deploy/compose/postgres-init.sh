#!/usr/bin/env bash
# For each service a database closed to the others and two roles: one that owns the tables and migrates, and the
# service's own, which reads and writes rows. Runs by itself on an empty data volume; run again it completes what an
# earlier release made: it takes the tables from the service's role and gives them to the owner.
set -euo pipefail
for service in auth profile booking chat notification; do
  psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres \
    --set role="hearth_$service" --set password="$(cat "/run/secrets/postgres-$service-password")" \
    --set owner="hearth_${service}_owner" \
    --set owner_password="$(cat "/run/secrets/postgres-$service-owner-password")" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', name, word)
FROM (VALUES (:'role', :'password'), (:'owner', :'owner_password')) AS wanted (name, word)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'role', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
-- the owner first: a new one takes over what the old one was granted
ALTER DATABASE :"role" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"role" TO :"role";
\connect :role
REASSIGN OWNED BY :"role" TO :"owner";
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
SQL
done
