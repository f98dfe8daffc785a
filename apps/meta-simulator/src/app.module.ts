import { Module } from '@nestjs/common';
import { AccountController } from './account/account.controller';
import { AccountStore } from './account/account.store';
import { Clock } from './clock/clock';
import { ConfigService } from './control/config.service';
import { ControlController } from './control/control.controller';
import { CustomerController } from './customer/customer.controller';
import { CustomerService } from './customer/customer.service';
import { CustomerStore } from './customer/customer.store';
import { FaultInterceptor } from './fault/fault.interceptor';
import { FaultStore } from './fault/fault.store';
import { FallbackController } from './graph/fallback.controller';
import { GraphAccess, GraphGuard } from './graph/graph.guard';
import { NodeController } from './graph/node.controller';
import { LedgerController } from './ledger/ledger.controller';
import { LedgerStore } from './ledger/ledger.store';
import { MediaController, MediaFileController } from './media/media.controller';
import { MediaStore } from './media/media.store';
import { MessageController } from './message/message.controller';
import { MessageService } from './message/message.service';
import { ReceiptService } from './message/receipt.service';
import { ConversationStore } from './phone/conversation.store';
import { PageController } from './phone/page.controller';
import { PhoneController } from './phone/phone.controller';
import { PhoneEvents } from './phone/phone.events';
import { Settings } from './settings/settings';
import { StatusService } from './status/status.service';
import { TemplateController } from './template/template.controller';
import { TemplateService } from './template/template.service';
import { WebhookSender } from './webhook/webhook.sender';
import { WebhookService } from './webhook/webhook.service';

/** One module: the simulator is one small world, and all its parts share one state in memory. */
@Module({
  controllers: [
    PageController,
    ControlController,
    CustomerController,
    LedgerController,
    PhoneController,
    MessageController,
    MediaController,
    MediaFileController,
    TemplateController,
    AccountController,
    NodeController,
    FallbackController,
  ],
  providers: [
    AccountStore,
    Clock,
    ConfigService,
    ConversationStore,
    CustomerService,
    CustomerStore,
    FaultInterceptor,
    FaultStore,
    GraphAccess,
    GraphGuard,
    LedgerStore,
    MediaStore,
    MessageService,
    PhoneEvents,
    ReceiptService,
    Settings,
    StatusService,
    TemplateService,
    WebhookSender,
    WebhookService,
  ],
})
export class AppModule {}
