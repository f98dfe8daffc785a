-- The database, and who may do what in it. Run it with psql as an administrator before the first migration, and
-- again whenever a new version's release notes say so: it adds what is missing and leaves what is there.
--
--   psql -v owner_password=... -v user_password=... -v waba_password=... -f roles.sql
--
--   scrm_owner   owns the database and its tables; only the migration jobs log in as it
--   scrm_user    the login of the service user
--   scrm_waba    the login of the service waba
--
-- The two logins own nothing and may read nothing. Each connection of a service starts as one of the roles below
-- (startup parameter `role`), for which the policies of row-level security hold.
\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['scrm_owner', 'scrm_user', 'scrm_waba']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE scrm_owner PASSWORD :'owner_password';
ALTER ROLE scrm_user PASSWORD :'user_password';
ALTER ROLE scrm_waba PASSWORD :'waba_password';

SELECT format('CREATE ROLE %I NOLOGIN NOINHERIT', name)
  FROM unnest(ARRAY['scrm_identity_app', 'scrm_identity_system', 'scrm_identity_provisioning',
                    'scrm_waba_app', 'scrm_waba_system']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

-- They may take these roles on (SET), and have none of their rights until they do (INHERIT FALSE). The owner too:
-- migrations check that.
GRANT scrm_identity_app, scrm_identity_system, scrm_identity_provisioning, scrm_waba_app, scrm_waba_system
   TO scrm_owner WITH SET TRUE, INHERIT FALSE;
GRANT scrm_identity_app, scrm_identity_system TO scrm_user WITH SET TRUE, INHERIT FALSE;
GRANT scrm_waba_app, scrm_waba_system TO scrm_waba WITH SET TRUE, INHERIT FALSE;

SELECT 'CREATE DATABASE scrm OWNER scrm_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'scrm') \gexec

REVOKE ALL ON DATABASE scrm FROM PUBLIC;
GRANT CONNECT ON DATABASE scrm TO scrm_user, scrm_waba;
