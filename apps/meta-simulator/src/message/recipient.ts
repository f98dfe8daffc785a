/**
 * Phone numbers are compared as digits: `+`, spaces, dashes, dots and parentheses are Meta's to ignore.
 * Anything else (a business-scoped id, a group id) is opaque and stays as it is.
 */
export function normaliseRecipient(recipient: string): string {
  return /^[+\d\s().-]+$/.test(recipient) ? recipient.replace(/\D/g, '') : recipient;
}
