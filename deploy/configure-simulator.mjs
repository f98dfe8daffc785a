// For docker-compose.yml: tells Meta's stand-in whom it plays and where to deliver, as `npm start` does.
import { configureSimulator, readDemo } from '/tools/lib/seed.mjs';

const { SIMULATOR_URL, WABA_URL, META_APP_SECRETS, META_VERIFY_TOKEN } = process.env;
const secrets = { appSecret: META_APP_SECRETS.split(',')[0], verifyToken: META_VERIFY_TOKEN };
await configureSimulator({ simulator: SIMULATOR_URL, waba: WABA_URL }, secrets, readDemo());
console.log(`simulator: delivers to ${WABA_URL}`);
