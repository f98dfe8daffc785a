import { Injectable } from '@nestjs/common';

export interface PhoneEvent {
  type: 'message' | 'state' | 'typing' | 'reset' | 'config';
  phoneNumberId?: string;
  customer?: string;
  /** Made only when somebody listens. */
  data?: unknown;
}

/** The wire between what happens and the pages that show it. Costs nothing while no page is open. */
@Injectable()
export class PhoneEvents {
  private readonly listeners = new Set<(event: PhoneEvent) => void>();

  subscribe(listener: (event: PhoneEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  publish(make: () => PhoneEvent): void {
    if (this.listeners.size === 0) return;
    const event = make();
    for (const listener of this.listeners) listener(event);
  }
}
