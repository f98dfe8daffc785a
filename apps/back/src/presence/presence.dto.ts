import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PRESENCES, type OwnPresenceView, type Presence } from '@scrm/contracts';
import { IsIn } from 'class-validator';

@ApiSchema({ name: 'PresenceChoice' })
export class PresenceChoiceDto {
  @ApiProperty({
    enum: PRESENCES,
    enumName: 'Presence',
    description: '`offline`: there, and not to be seen. It stays chosen, also when you come back.',
  })
  @IsIn(PRESENCES)
  status!: Presence;
}

@ApiSchema({ name: 'OwnPresence' })
export class OwnPresenceDto implements OwnPresenceView {
  @ApiProperty({ enum: PRESENCES, enumName: 'Presence', description: 'What you chose.' })
  status!: Presence;

  @ApiProperty({
    enum: PRESENCES,
    enumName: 'Presence',
    description: 'What others see: `offline` some time after your last socket was closed.',
  })
  presence!: Presence;
}
