/** Reads what a signed-in agent may see of their own tenant. */
export const APP_ROLE = 'scrm_identity_app';
/** Signs in, keeps keys and secrets, sends mail, sweeps: acts before a tenant is known, or for all of them. */
export const SYSTEM_ROLE = 'scrm_identity_system';
/** Sets up tenants and their agents. A person takes it on (the demo seed does), no service runs as it. */
export const PROVISIONING_ROLE = 'scrm_identity_provisioning';
