// Believable conversations that nobody had: what the mock server shows. Chinese and English, from a bank and a broker.

import type { Severity } from '../../src/api/types';

export interface Scene {
  readonly pack: string;
  readonly policy: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly law: string;
  readonly article: string;
  readonly text: string;
  /** What the rule found, as it stands in the text. */
  readonly hits: readonly string[];
  /** What the second rule found, if there is one: its places may overlap the first's. */
  readonly also?: {
    readonly rule: string;
    readonly severity: Severity;
    readonly reason: string;
    readonly hits: readonly string[];
  };
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const BANK = { pack: 'bank-cn', policy: 'conduct', law: '商业银行理财业务监督管理办法' } as const;
const BROKER = { pack: 'broker-us', policy: 'communications', law: 'FINRA Rule' } as const;
const LEAK = { pack: 'data-leak', policy: 'personal-data', law: '个人信息保护法' } as const;

export const SCENES: readonly Scene[] = [
  {
    ...BANK,
    rule: 'promised-return',
    severity: 'high',
    reason: '向客户承诺保本或保证收益',
    article: '第二十六条',
    text: '王姐您放心，这款理财保本保息，年化4.2%稳赚不赔，去年买的客户没有一个亏的。',
    hits: ['保本保息', '稳赚不赔'],
    also: {
      rule: 'comparing-past',
      severity: 'low',
      reason: '以过往业绩暗示未来收益',
      hits: ['稳赚不赔，去年买的客户没有一个亏的'],
    },
    before: [
      '小林，上周说的那款产品能买了吗？',
      '王姐，今天刚开始募集。',
      '收益怎么样？我这钱是给孩子上学用的。',
      '比三年定期高一个多点。',
      '那会不会亏本金？',
    ],
    after: [
      '那我先买二十万试试。',
      '好的，我把产品说明书发您，您先做个风险测评。',
      '测评要怎么做？',
      '手机银行里点“我的-风险评估”，五分钟就好。',
      '行，我晚上弄。',
    ],
  },
  {
    ...BANK,
    rule: 'private-channel',
    severity: 'medium',
    reason: '要求客户改用未存档的渠道沟通',
    article: '第四十七条',
    text: '这里说话不方便，加我私人微信聊吧，号码就是手机号，具体价格那边发你。',
    hits: ['加我私人微信', '这里说话不方便'],
    before: [
      '你们报的费率我看了。',
      '李总，您觉得怎么样？',
      '比隔壁行高不少。',
      '我这边可以再申请一下。',
      '能低到多少？',
    ],
    after: ['可以，我加你。', '收到。', '明天上午十点前给我回复。', '没问题。', '辛苦。'],
  },
  {
    ...BANK,
    rule: 'kickback',
    severity: 'critical',
    reason: '提及私下给付回扣或返点',
    article: '第五十八条',
    text: '单子走我这边，批下来以后返两个点给你，现金，不走账。',
    hits: ['返两个点给你', '现金，不走账'],
    before: [
      '张经理，那笔经营贷材料都齐了。',
      '好，我看看还差什么。',
      '客户催得紧，月底要用钱。',
      '抵押物评估报告呢？',
      '下午发你。',
    ],
    after: ['别在这说。', '明白。', '材料我让小刘送过去。', '嗯。', '评估报告已发，请查收。'],
  },
  {
    ...BANK,
    rule: 'shared-password',
    severity: 'high',
    reason: '索要或发送客户的密码、验证码',
    article: '第三十三条',
    text: '陈阿姨，您把收到的六位验证码发我一下，我这边帮您操作，很快就好。',
    hits: ['验证码发我'],
    before: [
      '小周，我手机银行登不上去了。',
      '提示什么？',
      '说设备要重新认证。',
      '您换手机了是吧？',
      '对，儿子给我买的新的。',
    ],
    after: [
      '是这个吗？382…',
      '阿姨，剩下的您别发了，我到网点当面帮您弄。',
      '好好好，那我下午去。',
      '带上身份证。',
      '知道了，谢谢小周。',
    ],
  },
  {
    ...BANK,
    rule: 'promised-return',
    severity: 'medium',
    reason: '向客户承诺保本或保证收益',
    article: '第二十六条',
    text: '提醒各位：任何人都不得向客户说“保本保息”“稳赚不赔”，本周抽查录音，发现一例通报一例。',
    hits: ['保本保息', '稳赚不赔'],
    before: ['晨会纪要在哪儿？', '已发群里。', '收到。', '本周重点是销售合规。', '好的主任。'],
    after: ['收到，已转发到组内。', '收到。', '新人要不要再培训一次？', '周四下午三点，会议室B。', '好。'],
  },
  {
    ...LEAK,
    rule: 'identity-number',
    severity: 'high',
    reason: 'A message to an outside party has an identity card number',
    article: '第二十九条',
    text: '客户名单先发您三位：〔身份证 1101••••••••••1234〕刘先生、〔身份证 3102••••••••••4321〕赵女士，电话在表里。',
    hits: ['身份证 1101••••••••••1234', '身份证 3102••••••••••4321'],
    before: ['上次说的名单好了吗？', '在整理。', '我们这边活动周六就开始了。', '知道，先给你一部分。', '行。'],
    after: ['收到，剩下的什么时候？', '明天。', '好的，合作愉快。', '记得删。', '放心。'],
  },
  {
    ...BROKER,
    rule: 'guarantee',
    severity: 'high',
    reason: 'Promises a return or that a loss is not possible',
    article: '2210(d)(1)(B)',
    text: 'Honestly, you can’t lose on this one. I’ll personally guarantee you 9% by June, and if it dips I’ll make you whole.',
    hits: ['you can’t lose', 'guarantee you 9%', 'I’ll make you whole'],
    also: {
      rule: 'sharing-losses',
      severity: 'critical',
      reason: 'Offers to bear a customer’s loss',
      hits: ['if it dips I’ll make you whole'],
    },
    before: [
      'Morning Tom, did the wire go through?',
      'It did, the funds are in your account.',
      'Good. What about the note we talked about?',
      'Still open until Friday.',
      'And the downside? My wife is nervous about it.',
    ],
    after: [
      'Put it in writing and I’m in for 50k.',
      'Let me send you the prospectus first.',
      'Fine, but be quick.',
      'It’s in your inbox.',
      'Thanks.',
    ],
  },
  {
    ...BROKER,
    rule: 'off-channel',
    severity: 'medium',
    reason: 'Asks to go on in a channel that is not archived',
    article: '4511',
    text: 'Can’t discuss the allocation here 🤐 text me on Signal, same number. Delete this after.',
    hits: ['text me on Signal', 'Delete this after'],
    before: [
      'Any colour on the book?',
      'It’s covered a few times over.',
      'So what do we get?',
      'Depends who asks.',
      'I’m asking.',
    ],
    after: ['Done.', 'Talk in five.', 'Book closes at 4pm New York.', 'Noted.', 'Cheers.'],
  },
  {
    ...BROKER,
    rule: 'inside-information',
    severity: 'critical',
    reason: 'Speaks of facts before they are public',
    article: '3110(b)(4)',
    text: 'Keep this between us: they announce the acquisition on Thursday before the open, so load up on calls tomorrow.',
    hits: ['Keep this between us', 'announce the acquisition on Thursday before the open', 'load up on calls'],
    before: [
      'How was dinner with the CFO?',
      'Long. Interesting, though.',
      'Interesting how?',
      'You’ll see.',
      'Come on.',
    ],
    after: ['How sure are you?', 'I saw the draft release.', 'OK.', 'Not a word.', 'Of course.'],
  },
  {
    ...BROKER,
    rule: 'complaint',
    severity: 'low',
    reason: 'A customer complains about how an order was handled',
    article: '4513',
    text: 'This is the third time that my order was filled late. I want to file a formal complaint, who do I write to?',
    hits: ['file a formal complaint'],
    before: [
      'Good morning, trading desk.',
      'Hi, my limit order from 10:02 is still open.',
      'Let me check.',
      'The price went through it twenty minutes ago.',
      'It is filled now, sorry. Two points worse than your limit.',
    ],
    after: [
      'I’m sorry, I’ll pass it on to our supervision desk today.',
      'Please do it in writing.',
      'You’ll have a confirmation by 5pm.',
      'OK.',
      'Thank you for your patience.',
    ],
  },
  {
    ...LEAK,
    rule: 'account-list',
    severity: 'medium',
    reason: 'A file with many account numbers goes to an outside party',
    article: '第二十三条',
    text: 'للاطلاع فقط: قائمة الحسابات account list Q3 مرفقة، لا ترسلها إلى أحد <b>please</b> <img src=x onerror=alert(1)>',
    hits: ['account list Q3', '<img src=x onerror=alert(1)>'],
    before: ['صباح الخير، هل وصل التقرير؟', 'نعم، وصل.', 'Can you send the list too?', 'Which quarter?', 'Q3'],
    after: ['شكرا', 'Got it, thanks.', 'Please confirm the totals.', 'They match.', 'Good.'],
  },
  {
    ...BANK,
    rule: 'misleading-urgency',
    severity: 'low',
    reason: '以紧迫措辞催促客户购买',
    article: '第二十四条',
    text: '额度只剩最后三十万，今晚八点前不定就没了，过了这村没这店！',
    hits: ['今晚八点前不定就没了', '过了这村没这店'],
    before: ['上午那只产品我看了。', '刘总，您主要顾虑哪一点？', '期限有点长。', '也可以转让的。', '我再想想。'],
    after: ['别催，我明天定。', '好的，不急，您慢慢看。', '说明书发我邮箱。', '已发。', '谢谢。'],
  },
];
