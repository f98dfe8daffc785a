import { DEFAULT_LIMITS, Settings } from '../settings/settings';
import { ConversationStore, type PhoneMessage } from '../phone/conversation.store';
import { CustomerStore } from './customer.store';

describe('CustomerStore', () => {
  it('knows one person by every id, whichever came first', () => {
    const store = new CustomerStore();
    const hidden = store.meet({ userId: 'US.1', name: 'Ann' });
    const shown = store.meet({ userId: 'US.1', waId: '1650' });
    expect(shown).toBe(hidden);
    expect(store.recipient('1650')).toBe(hidden);
    expect(store.recipient('US.1')).toMatchObject({ waId: '1650', name: 'Ann' });
    expect(store.recipient('999')).toMatchObject({ waId: '999' });
  });
});

describe('ConversationStore', () => {
  it('forgets the oldest messages of all chats above its bound', () => {
    const settings = new Settings();
    settings.limits = { ...DEFAULT_LIMITS, phoneMessages: 10 };
    const conversations = new ConversationStore(settings);
    const customers = new CustomerStore();
    const message = (id: string): PhoneMessage => ({
      id,
      direction: 'in',
      at: 1,
      type: 'text',
      message: {},
      state: 'pending',
    });
    const chats = ['a', 'b'].map((id) => conversations.get('10', customers.meet({ waId: id })));
    for (let i = 0; i < 20; i++) {
      const chat = chats[i % 2];
      if (chat) conversations.add(chat, message(`m${i}`));
    }
    expect(chats.map((chat) => chat.messages.map((each) => each.id))).toEqual([
      ['m10', 'm12', 'm14', 'm16', 'm18'],
      ['m11', 'm13', 'm15', 'm17', 'm19'],
    ]);
    expect(conversations.message('m9')).toBeUndefined();
    expect(conversations.message('m10')?.conversation).toBe(chats[0]);
  });
});
