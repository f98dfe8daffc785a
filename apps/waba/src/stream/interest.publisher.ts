import {
  advanceKey,
  advanceOf,
  conversationChanged,
  partsByInterest,
  streamAdvanced,
  type Place,
} from '@scrm/contracts';
import { writeChanges, type Publisher } from '@scrm/messaging';
import type { TenantChanges } from './timeline';

/** Pods that show nothing of a change may learn of it this much later: one message then tells of many. */
const ADVANCE_MS = 10;
const MAX_PLACES = 1_000;

/** Sends changes where somebody can see them, and tells the tenant's other pods that its stream went on. */
export class InterestPublisher {
  /** Places that are still to be told, by tenant and epoch. */
  private readonly advanced = new Map<string, { tenantId: string; epoch: string; places: Place[] }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly publisher: Pick<Publisher, 'publish'>,
    private readonly exchange: string,
  ) {}

  /**
   * Resolves when the broker has the changes. That the stream went on need not be known for sure: whoever shows a
   * later change sees the hole, and whoever shows none misses nothing.
   */
  async publish(changes: TenantChanges[]): Promise<void> {
    for (const change of changes) this.advance(change);
    await Promise.all(
      changes
        .flatMap(partsByInterest)
        .map(({ keys: [key, ...alsoTo], changes: part }) =>
          this.send(key!, conversationChanged.key, writeChanges(part), alsoTo),
        ),
    );
  }

  private advance({ tenantId, epoch, events }: TenantChanges) {
    const name = `${tenantId} ${epoch}`;
    const known = this.advanced.get(name);
    const advanced = known ?? { tenantId, epoch, places: [] };
    if (!known) this.advanced.set(name, advanced);
    for (const { position, audience, previousAudience } of events) {
      advanced.places.push({ position, audience, ...(previousAudience && { previousAudience }) });
    }
    if (advanced.places.length >= MAX_PLACES) this.tell();
    else this.timer ??= setTimeout(() => this.tell(), ADVANCE_MS);
  }

  private tell() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const advanced = [...this.advanced.values()];
    this.advanced.clear();
    for (const { tenantId, epoch, places } of advanced) {
      const advance = Buffer.from(JSON.stringify(advanceOf(tenantId, epoch, places)));
      const sent = this.send(advanceKey(tenantId), streamAdvanced.key, advance);
      sent.catch(() => undefined);
    }
  }

  private send(key: string, type: string, body: Buffer, alsoTo: string[] = []) {
    return this.publisher.publish(this.exchange, key, body, { type, persistent: false, alsoTo });
  }
}
