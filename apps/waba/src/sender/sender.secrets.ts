import { Inject, Injectable } from '@nestjs/common';
import { dataKeyIdOf, KeyVault, SealedValueError, type SealedPlace } from '@scrm/database';
import { openBytes, readMasterKeys } from '@scrm/platform';
import { WABA_CONFIG, type WabaConfig } from '../config';
import type { Sender } from './sender.entity';

type Owner = Pick<Sender, 'id' | 'tenantId'>;

/** Seals and opens Meta's access tokens. */
@Injectable()
export class SenderSecrets {
  private readonly masterKeys: Buffer[];

  constructor(
    @Inject(WABA_CONFIG) config: WabaConfig,
    private readonly vault: KeyVault,
  ) {
    this.masterKeys = readMasterKeys(config);
  }

  seal(token: string, sender: Owner): Promise<Buffer> {
    return this.vault.seal(token, tokenPlace(sender));
  }

  /** @throws SealedValueError, MasterKeyError; else the database's, which pass */
  open(sealed: Buffer, sender: Owner): Promise<string> {
    return openToken(this.vault, this.masterKeys, sealed, tokenPlace(sender));
  }
}

/** Opens values of today, and those of before tenants had keys: sealed with a master key itself, bound to their row. */
export async function openToken(
  vault: KeyVault,
  masterKeys: Buffer[],
  sealed: Buffer,
  place: SealedPlace,
): Promise<string> {
  if (dataKeyIdOf(sealed)) return vault.open(sealed, place);
  for (const key of masterKeys) {
    try {
      return openBytes(key, sealed, place.rowId).toString();
    } catch {
      // Another one's, perhaps.
    }
  }
  throw new SealedValueError(`no key of SECRETS_KEY opens ${place.column} of ${place.rowId}`);
}

export const tokenPlace = ({ id, tenantId }: Owner): SealedPlace => ({
  tenantId,
  column: 'sender.access_token',
  rowId: id,
});
