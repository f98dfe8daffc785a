import { Inject, Injectable } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { USER_CONFIG, type UserConfig } from '../config';
import { oneLine } from './letter';
import type { ClaimedMail } from './mail.repository';

/** An attempt ends within the lease of its claim, and while a service drains. */
const LIMITS = { connect: 5_000, greeting: 5_000, silence: 10_000, whole: 15_000 };

/** Why a mail was not taken; without what the server said, which may name the recipient. */
export interface Refusal {
  /** The server will say the same next time. */
  isFinal: boolean;
  code: string;
  /** SMTP's reply code. */
  reply: number | undefined;
}

/** Hands mails to the mail server; one connection each, as there are few. */
@Injectable()
export class MailTransport {
  constructor(@Inject(USER_CONFIG) private readonly config: UserConfig) {}

  /** @returns why the server did not take it; null where it did */
  async send({ id, name, address, letter }: ClaimedMail): Promise<Refusal | null> {
    const transport = this.open();
    const from = this.config.MAIL_FROM!;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error(), { code: 'ETIMEDOUT' })), LIMITS.whole);
    });
    try {
      const sent = transport.sendMail({
        from,
        to: { name: oneLine(name), address },
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        // The same for each attempt: a server that took one and could not say so knows the next.
        messageId: `<${id}@${/@([^>\s]+)/.exec(from)![1]}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      sent.catch(() => undefined);
      await Promise.race([sent, tooLong]);
      return null;
    } catch (error) {
      return refusalOf(error);
    } finally {
      clearTimeout(timer);
      transport.close();
    }
  }

  private open(): Transporter {
    return createTransport({
      // In production what is not encrypted does not go out; the URL may say otherwise: ?requireTLS=false.
      requireTLS: this.config.NODE_ENV === 'production',
      url: this.config.SMTP_URL!,
      connectionTimeout: LIMITS.connect,
      dnsTimeout: LIMITS.connect,
      greetingTimeout: LIMITS.greeting,
      socketTimeout: LIMITS.silence,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }
}

function refusalOf(error: unknown): Refusal {
  const { code = 'unknown', responseCode } = error as { code?: string; responseCode?: number };
  // 5xx to the recipient or the text. Of a wrong login (EAUTH) and the like the next attempt may be better.
  const isFinal = (code === 'EENVELOPE' || code === 'EMESSAGE') && (responseCode ?? 0) >= 500;
  return { isFinal, code, reply: responseCode };
}
