import { Inject, Injectable } from '@nestjs/common';
import { dataKeyIdOf, KeyVault, SealedValueError, type SealedPlace } from '@scrm/database';
import { readMasterKeys } from '@scrm/platform';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { SecretBox } from './secret-box';
import type { Sender } from './sender.entity';

type Owner = Pick<Sender, 'id' | 'tenantId'>;

/** Seals and opens Meta's access tokens. */
@Injectable()
export class SenderSecrets {
  private readonly boxes: SecretBox[];

  constructor(
    @Inject(WABA_CONFIG) config: WabaConfig,
    private readonly vault: KeyVault,
  ) {
    this.boxes = boxesOf(readMasterKeys(config));
  }

  seal(token: string, sender: Owner): Promise<Buffer> {
    return this.vault.seal(token, placeOf(sender));
  }

  /** @throws SealedValueError, MasterKeyError; else the database's, which pass */
  open(sealed: Buffer, sender: Owner): Promise<string> {
    return openToken(this.vault, this.boxes, sealed, placeOf(sender));
  }
}

export const boxesOf = (masterKeys: Buffer[]) =>
  masterKeys.map((key) => new SecretBox(key.toString('base64')));

/** Opens values of today, and those of before tenants had keys. */
export async function openToken(
  vault: KeyVault,
  boxes: SecretBox[],
  sealed: Buffer,
  place: SealedPlace,
): Promise<string> {
  if (dataKeyIdOf(sealed)) return vault.open(sealed, place);
  for (const box of boxes) {
    try {
      return box.open(sealed, place.rowId);
    } catch {
      // Another one's, perhaps.
    }
  }
  throw new SealedValueError(`no key of SECRETS_KEY opens ${place.column} of ${place.rowId}`);
}

const placeOf = ({ id, tenantId }: Owner): SealedPlace => ({
  tenantId,
  column: 'sender.access_token',
  rowId: id,
});
