/** The mail server of `npm start`: PORT is its page's, SMTP_PORT where mails go. */
import { startCatcher } from './catcher.mjs';

const { PORT, SMTP_PORT } = process.env;
const catcher = await startCatcher({ smtpPort: Number(SMTP_PORT), httpPort: Number(PORT) });
console.log(`mail: takes mails at smtp://127.0.0.1:${catcher.smtpPort}, shows them at ${catcher.url}`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
