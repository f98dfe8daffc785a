import { ApiProperty, ApiSchema, PartialType } from '@nestjs/swagger';
import {
  languageList,
  mediaRetentionDays,
  messageRetentionDays,
  specialDays,
  timeZone,
  workingHours,
  type SpecialDays,
  type TenantView,
  type WorkingHours,
} from '@scrm/contracts';
import { IsInt, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { Fits } from '../http/fits.decorator';
import { SpecialDayDto, WorkingHoursDto } from './working-hours.dto';

/** What admins may change. */
class SettingsDto {
  @ApiProperty({ maxLength: 200, example: 'Kopi Nusantara' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  @ApiProperty({ description: 'IANA name.', maxLength: 64, example: 'Asia/Jakarta' })
  @Fits(timeZone)
  timeZone!: string;

  @ApiProperty({
    description: 'By BCP 47 (`pt-BR`); WhatsApp’s way to write them (`pt_BR`) is taken, too.',
    type: [String],
    maxItems: 20,
    example: ['id', 'en'],
  })
  @Fits(languageList)
  languages!: string[];

  @ApiProperty({ description: 'Null: at all hours.', type: WorkingHoursDto, nullable: true })
  @Fits(workingHours.nullable())
  workingHours!: WorkingHours | null;

  @ApiProperty({ description: 'Holidays, and days with other hours.', type: [SpecialDayDto], maxItems: 400 })
  @Fits(specialDays)
  specialDays!: SpecialDays;

  @ApiProperty({
    description: 'How long messages are to be kept; null: for ever.',
    type: 'integer',
    minimum: 30,
    maximum: 3650,
    nullable: true,
  })
  @Fits(messageRetentionDays)
  messageRetentionDays!: number | null;

  @ApiProperty({
    description:
      'How long their media are to be kept; null: as long as their messages. Never longer than these.',
    type: 'integer',
    minimum: 7,
    maximum: 3650,
    nullable: true,
  })
  @Fits(mediaRetentionDays)
  mediaRetentionDays!: number | null;
}

@ApiSchema({ name: 'TenantSettings' })
export class TenantSettingsDto extends SettingsDto implements TenantView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({
    description: 'Of these settings. Say it when you change them.',
    type: 'integer',
    example: 3,
  })
  version!: number;
}

@ApiSchema({ name: 'TenantUpdate', description: 'What is not given stays as it is.' })
export class TenantUpdateDto extends PartialType(SettingsDto) {
  @ApiProperty({ description: 'The one that you have seen.', type: 'integer', example: 3 })
  @IsInt()
  version!: number;
}
