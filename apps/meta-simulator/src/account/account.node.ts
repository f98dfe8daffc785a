import type { Json } from '../message/check';
import { pickFields } from '../template/template.page';
import type { PhoneNumber, Waba } from './account.store';

const DEFAULT_FIELDS =
  'id,display_phone_number,verified_name,code_verification_status,quality_rating,platform_type,throughput,webhook_configuration';

export function phoneNode(phone: PhoneNumber, fields?: string): Json {
  const node = {
    id: phone.id,
    display_phone_number: phone.displayPhoneNumber,
    verified_name: phone.verifiedName,
    status: phone.status,
    quality_rating: phone.qualityRating,
    quality_score: { score: phone.qualityRating },
    name_status: 'APPROVED',
    code_verification_status: 'VERIFIED',
    account_mode: 'LIVE',
    platform_type: 'CLOUD_API',
    is_on_biz_app: false,
    is_official_business_account: false,
    is_pin_enabled: true,
    throughput: { level: (phone.messagesPerSecond ?? 80) >= 1000 ? 'HIGH' : 'STANDARD' },
    whatsapp_business_manager_messaging_limit: 'TIER_100K',
    webhook_configuration: {
      ...(phone.webhookUrl ? { phone_number: phone.webhookUrl } : {}),
      ...(phone.waba.webhookUrl ? { whatsapp_business_account: phone.waba.webhookUrl } : {}),
    },
    health_status: { can_send_message: phone.locked || phone.waba.locked ? 'BLOCKED' : 'AVAILABLE' },
  };
  return pickFields(node, fields || DEFAULT_FIELDS);
}

export function wabaNode(waba: Waba, fields?: string): Json {
  const node = {
    id: waba.id,
    name: waba.name,
    timezone_id: '1',
    currency: 'USD',
    account_review_status: 'APPROVED',
    message_template_namespace: `namespace_${waba.id}`,
  };
  return pickFields(node, fields || 'id,name,timezone_id,message_template_namespace');
}
