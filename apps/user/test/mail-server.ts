import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { UserConfig } from '../src/config';

export interface ReceivedMail extends Email {
  /** For whom it was, by the envelope. */
  recipients: string[];
}

export interface TestMailServer {
  settings: Pick<UserConfig, 'SMTP_URL' | 'MAIL_FROM' | 'CONSOLE_URL'>;
  mails: ReceivedMail[];
  mailsTo(email: string): ReceivedMail[];
  /** Answers recipients with this code from now on; null: takes them again. */
  refuse(code: number | null): void;
  /** Does not say that it took a mail until it is released; what it holds, by recipient. */
  hold(): { held: string[]; release: () => void };
  /** Gone for all clients; nobody answers at its port. */
  stop(): Promise<void>;
  /** Back at the same port. */
  start(): Promise<void>;
}

/** A real mail server that keeps what it gets. */
export async function startMailServer(): Promise<TestMailServer> {
  const mails: ReceivedMail[] = [];
  let refusal: number | null = null;
  let held: string[] | null = null;
  let released = Promise.resolve();
  let server: SMTPServer;
  let port = 0;
  const start = async () => {
    server = new SMTPServer({
      authOptional: true,
      hideSTARTTLS: true,
      disableReverseLookup: true,
      onRcptTo: (_address, _session, done) =>
        done(refusal ? Object.assign(new Error('not now'), { responseCode: refusal }) : null),
      onData: (stream, { envelope }, done) => {
        buffer(stream)
          .then((raw) => PostalMime.parse(raw))
          .then(async (mail) => {
            const recipients = envelope.rcptTo.map(({ address }) => address);
            held?.push(...recipients);
            await released;
            mails.push({ ...mail, recipients });
            done();
          }, done);
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.server.address() as AddressInfo).port;
  };
  await start();
  return {
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'WABA SCRM <no-reply@scrm.test>',
      CONSOLE_URL: 'https://console.test/',
    },
    mails,
    mailsTo: (email) => mails.filter(({ recipients }) => recipients.includes(email)),
    refuse: (code) => (refusal = code),
    hold: () => {
      let release = () => {};
      released = new Promise((resolve) => (release = resolve));
      return { held: (held = []), release };
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
    start,
  };
}

/** The token of the link in a mail. */
export const tokenIn = (mail: ReceivedMail): string => /#token=([\w-]{43})\s/.exec(mail.text!)![1]!;
