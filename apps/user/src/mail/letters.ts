import { letter, type Letter } from './letter';

interface Person {
  name: string;
}
interface WithLink extends Person {
  link: string;
  expiresAt: Date;
}

/** All that the system writes to people, in one language: another one is another object of this type. */
export interface Letters {
  invitation(about: WithLink & { tenantName: string }): Letter;
  passwordReset(about: WithLink): Letter;
  passwordChanged(about: Person & { at: Date }): Letter;
}

export const ENGLISH: Letters = {
  invitation: ({ name, tenantName, link, expiresAt }) =>
    letter(`You are invited to ${tenantName}`, [
      `Hello ${name},`,
      `${tenantName} invites you to its inbox. Choose a password, and you are in.`,
      { label: 'Accept the invitation', url: link },
      `The link is good once, until ${moment(expiresAt)}. If you do not expect this mail, you need not do anything.`,
    ]),
  passwordReset: ({ name, link, expiresAt }) =>
    letter('Choose a new password', [
      `Hello ${name},`,
      'Somebody asked for a new password for your account. If it was you, choose it here:',
      { label: 'Choose a new password', url: link },
      `The link is good once, until ${moment(expiresAt)}. If it was not you, you need not do anything: your ` +
        'password stays as it is.',
    ]),
  passwordChanged: ({ name, at }) =>
    letter('Your password was changed', [
      `Hello ${name},`,
      `The password of your account was changed on ${moment(at)}. Other devices were signed out.`,
      'If it was not you, ask for a new password on the page where you sign in, and tell an administrator.',
    ]),
};

const moment = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
