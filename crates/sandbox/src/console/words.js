// Every text of the console in Chinese and English, and which of them the reader gets.

const WORDS = {
  brand: ["本地微信", "Local WeChat"],
  skip: ["跳到正文", "Skip to the content"],
  orders: ["订单", "Orders"],
  signatures: ["验签", "Signatures"],
  faults: ["故障", "Faults"],
  connect: ["接入", "Connect"],
  clock: ["时钟", "Clock"],
  keys: ["键盘操作", "Keyboard"],
  close: ["关闭", "Close"],
  copy: ["复制", "Copy"],
  copied: ["已复制", "Copied"],
  done: ["好了", "Done"],
  set: ["设定", "Set"],
  active: ["生效中的故障", "Faults in force"],
  turnOff: ["关掉", "Turn off"],
  offline: ["与沙箱的连接断了，正在重连……", "The line to the sandbox is broken; trying again…"],
  search: ["搜索单号、商品、openid……", "Search numbers, goods, openid…"],
  state: ["状态", "State"],
  allStates: ["全部状态", "All states"],
  noOrders: ["还没有订单。照右边的三步，第一笔马上就来；来了会自己出现在这里。", "No orders yet. Three steps bring the first one; it appears here by itself."],
  noSuchOrder: ["没有这个订单", "There is no such order"],
  nothingFound: ["没有符合的", "Nothing fits"],
  more: ["还有 {n} 个没有列出，请搜索", "{n} more are not listed; search for them"],
  unclaimed: ["没有归属的消息", "Messages without an order"],
  unclaimedHint: ["没能成为订单的请求，例如签名错误", "Calls that made no order, such as those signed wrongly"],
  planned: ["计划中", "planned"],
  pay: ["付款", "Pay"],
  paid: ["已付款", "Paid"],
  buyer: ["付款人", "Buyer"],
  buyerOfOrder: ["下单时指定的买家", "as the order's buyer"],
  showCode: ["二维码", "QR code"],
  scanHint: ["真的微信付不了它。", "A real WeChat cannot pay it."],
  scanHere: ["用沙箱的微信扫它", "Scan it with the sandbox's"],
  resend: ["再发一次通知", "Send notification again"],
  nothingSent: ["没有发出：通知被故障拦下了", "Nothing was sent"],
  editAndSend: ["改一改再发……", "Edit and send…"],
  editing: ["改一改再发", "Edit and send"],
  refundElsewhere: ["在商户平台退款……", "Refund in the merchant platform…"],
  refundTitle: ["在商户平台退款", "Refund in the merchant platform"],
  refundHint: ["像有人在商户平台点了退款；还能退 {left}。", "As if somebody clicked refund in the merchant platform; {left} are left."],
  refundUrl: ["退款通知地址（可不填）", "Where to notify (may be left out)"],
  fen: ["退款金额（分）", "Amount in fen"],
  refundOf: ["退款", "Refund"],
  settle: ["退款变为", "Settle as"],
  settleAs: ["退款结果", "Outcome of the refund"],
  noMessages: ["还没有消息", "No messages yet"],
  in: ["商户 → 微信", "merchant → WeChat"],
  out: ["微信 → 商户", "WeChat → merchant"],
  inShort: ["→ 微信", "→ WeChat"],
  outShort: ["商户 ←", "shop ←"],
  try: ["第 {n} 次", "try {n}"],
  byHand: ["手动发送", "by hand"],
  raw: ["原文", "Raw"],
  decoded: ["解读", "Decoded"],
  answerTo: ["{what} · 应答", "{what} · answer"],
  messages: ["往来消息", "Messages both ways"],
  headers: ["HTTP 头（{n}）", "Headers ({n})"],
  noBody: ["没有正文", "No body"],
  empty: ["空", "empty"],
  due: ["现在", "now"],
  sendUrl: ["发到", "To"],
  sendUrlHint: ["空着就是订单的 notify_url", "the order's notify_url unless given"],
  mode: ["改什么", "What to edit"],
  mode_fields: ["字段", "Fields"],
  mode_raw: ["整个正文", "Raw body"],
  editHint: ["没动过的字段照微信的来；✕ 去掉一个字段。", "Fields that are not touched stay as WeChat has them; ✕ leaves one out."],
  nothingToEdit: ["还没有发过这个通知。先照微信的样子发一次，字段就在这里了。", "It was not sent yet. Send it once as WeChat has it, and its fields appear here."],
  rawHint: ["原样发出，一个字节也不改。", "Sent as it is, byte by byte."],
  addField: ["＋ 加字段", "＋ Add a field"],
  fieldName: ["字段名", "Name"],
  fieldValue: ["值", "Value"],
  leaveOut: ["去掉", "Leave out"],
  asWechat: ["照微信的", "as WeChat has it"],
  sign: ["签名", "Signature"],
  sign_right: ["正确", "Right"],
  sign_wrong: ["错误", "Wrong"],
  sign_none: ["没有", "None"],
  send: ["发送", "Send"],
  answered: ["商户答复", "The merchant said"],
  whatWasSent: ["发出的内容", "What was sent"],
  signatureHint: ["签名错了的请求，最新的在前：应当签的和实际签的逐字节对齐，第一个不同的字节标红。", "Calls signed wrongly, newest first: what should be signed and what was, byte under byte, with the first difference marked."],
  noSignatures: ["没有签错的请求。签错时，这里会说明为什么。", "No wrong signatures. When there is one, this is where to read why."],
  chooseSignature: ["选一个看原因", "Choose one to see why"],
  expected: ["应当签", "Expected"],
  received: ["实际签", "Received"],
  partsAt: ["从第 {n} 个字节开始不同（从 0 数）", "They part at byte {n}, counted from 0"],
  unknownReceived: ["签名里读不出签的是什么；试过了常见的错误，都对不上。", "What was signed cannot be read from a signature, and none of the usual mistakes fits."],
  pieceOf: ["第 {n} 段，共 {all} 段", "part {n} of {all}"],
  bytes: ["{n} 字节", "{n} bytes"],
  faultsHint: ["打开就一直生效，直到关掉。也可以用请求头 X-Sandbox-Fault 或魔法金额，只对那一笔。", "A fault stays until it is turned off. Header X-Sandbox-Fault or a magic amount makes it one order's alone."],
  searchFaults: ["搜索故障……", "Search faults…"],
  allOff: ["全部关掉", "Turn all off"],
  numbers: ["数值", "Numbers"],
  magic: ["魔法金额：下这个金额的订单，故障只对它生效。", "Magic amount: an order of it has the fault for itself."],
  fenUnit: ["分", "fen"],
  run: ["在走", "running"],
  freeze: ["停住", "frozen"],
  goOn: ["继续走", "Run"],
  freezeNow: ["停住", "Freeze"],
  machineTime: ["与本机时间一致（北京时间）", "As this machine's clock (Beijing time)"],
  ahead: ["比本机快 {span}（北京时间）", "{span} ahead of this machine (Beijing time)"],
  behind: ["比本机慢 {span}（北京时间）", "{span} behind this machine (Beijing time)"],
  toNext: ["到下一次通知", "To the next notification"],
  jumpBy: ["往前跳", "Jump ahead"],
  jumpTo: ["跳到（北京时间）", "Jump to (Beijing time)"],
  jump: ["跳", "Jump"],
  clockHint: ["只能往前。途中到期的通知都会按时发出。V3 签名用的是本机时间。", "Forward only. Every notification due on the way is sent at its moment. Signatures of V3 keep this machine's time."],
  day: ["{n} 天", "{n} d"],
  hour: ["{n} 小时", "{n} h"],
  minute: ["{n} 分", "{n} min"],
  second: ["{n} 秒", "{n} s"],
  welcome: ["三步，看到第一笔付款", "Three steps to the first payment"],
  welcomeHint: ["这里不动真钱，也不与本机以外的任何人说话。", "No money moves here, and nobody but this machine is talked to."],
  step1: ["把测试资料交给你的服务器", "Give your server the test data"],
  step2: ["从一扇门进店，下单", "Enter your shop by a door and buy something"],
  step3: ["在这里看着它发生", "Watch it happen here"],
  step3Hint: ["订单自己出现在左边。打开它：看每一条消息，付款，再发通知，改一改再发。", "The order appears on the left by itself. Open it to read every message, pay, send again, edit and send."],
  doors: ["从哪里进店", "Enter the shop as"],
  doorsHint: ["每扇门都用那种设备打开你的站点：它的 User-Agent、它的 JS 接口、它的规矩。", "Each door opens your site as that device: its user agent, its bridge, its rules."],
  scan: ["扫一扫", "Scan"],
  scanSub: ["用微信付二维码", "pay a code with WeChat"],
  site: ["你的站点", "Your site"],
  merchant: ["商户测试资料", "The merchant's test data"],
  merchantHint: ["测试密钥，每次启动都一样；在这个沙箱外一文不值。", "Test keys, the same at every start; worth nothing outside this sandbox."],
  v3Hint: ["密钥和证书是 PEM 首尾两行之间的部分；要文件就用下面的按钮。", "Keys and certificates are what stands between the first and last line of their PEM; the buttons save the files."],
  v2Hint: ["在沙箱的地址下用 API V2 的路径。", "API V2 at the sandbox's address."],
  buyers: ["买家", "Buyers"],
  buyersHint: ["每人有自己的 openid 和零钱。付款时可以选。", "Each has an openid and a balance; choose one when paying."],
  anyBalance: ["零钱：总是够", "Balance: always enough"],
  balance: ["零钱：{yuan}", "Balance: {yuan}"],
  snapshot: ["快照用户", "snapshot user"],
  reset: ["从头再来", "Start over"],
  resetHint: ["忘掉订单、故障、时钟、买家。", "Forgets orders, faults, clock and buyers."],
  resetSure: ["忘掉全部订单？", "Forget all orders?"],
  keyDown: ["下一行", "next line"],
  keyUp: ["上一行", "line before"],
  keyEnter: ["打开", "open"],
  keySearch: ["搜索", "search"],
  keyEscape: ["返回、关闭", "back, close"],
  keyViews: ["订单、验签、故障、接入", "orders, signatures, faults, connect"],
  keyClock: ["时钟", "clock"],
  keyHelp: ["这张表", "this table"],
};

/** Words of the API with what they mean; what is not here is shown as it is. */
const MEANINGS = {
  state: {
    NOTPAY: ["未支付", "unpaid"], SUCCESS: ["已支付", "paid"], REFUND: ["转入退款", "refunded"], CLOSED: ["已关闭", "closed"],
    USERPAYING: ["支付中", "paying"], PAYERROR: ["支付失败", "failed"],
  },
  refund: {
    PROCESSING: ["退款处理中", "processing"], SUCCESS: ["退款成功", "refunded"], CHANGE: ["退款异常", "abnormal"], ABNORMAL: ["退款异常", "abnormal"],
    REFUNDCLOSE: ["退款关闭", "closed"], CLOSED: ["退款关闭", "closed"],
  },
  outcome: {
    acknowledged: ["已确认", "acknowledged"], lost: ["丢失", "lost"], timeout: ["超时", "timeout"], withdrawn: ["撤回", "withdrawn"],
    "not an ack": ["不算确认", "not an ack"], "not sent": ["未发出", "not sent"],
  },
  what: {
    unifiedorder: ["统一下单", "Order"], orderquery: ["查询订单", "Query"], closeorder: ["关闭订单", "Close"], refund: ["申请退款", "Refund"],
    refundquery: ["查询退款", "Query refund"], downloadbill: ["交易账单", "Bill"], downloadfundflow: ["资金账单", "Flow of funds"],
    notify: ["支付结果通知", "Payment notification"], refund_notify: ["退款结果通知", "Refund notification"], notify_ack: ["通知应答", "Ack"],
    v3_order: ["下单", "Order"], v3_billdownload: ["下载账单", "Download bill"],
    v3_query: ["查询订单", "Query"], v3_close: ["关闭订单", "Close"], v3_refund: ["申请退款", "Refund"], v3_refund_query: ["查询退款", "Query refund"],
    wx_config: ["JS-SDK 签名", "JS-SDK signature"], v3_certificates: ["平台证书", "Certificates"], v3_tradebill: ["交易账单", "Bill"], v3_fundflowbill: ["资金账单", "Flow of funds"],
  },
  fault: {
    notify: ["通知", "Notifications"], times: ["重复的份数", "Copies of a duplicate"], order: ["下单", "New orders"], query: ["查询订单", "Queries"], close: ["关闭订单", "Closing"],
    refund: ["申请退款", "Refunds"], refund_end: ["退款的结果", "What refunds become"], refund_seconds: ["退款处理秒数", "Seconds until a refund ends"],
    bill: ["账单", "Bills"], bridge: ["调起支付", "The cashier in WeChat"], v3_status: ["V3 应答状态码", "Status of V3 answers"], v3_answer: ["V3 应答", "V3 answers"],
    v3_notify: ["V3 通知", "V3 notifications"], wire: ["网络", "The wire"], v2_status: ["V2 应答状态码", "Status of V2 answers"], slow_seconds: ["慢的秒数", "Seconds that are slow"],
    probe_answer_percent: ["应答里的签名探测（%）", "Probes among answers (%)"], probe_notify_percent: ["通知里的签名探测（%）", "Probes among notifications (%)"],
  },
};

const STORED = "wxpay-sandbox-language";
const LANGUAGES = ["zh", "en"];
let current = stored() ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
const listeners = new Set();

/** What the reader chose; storage may be closed to pages. */
function stored() {
  try {
    const found = localStorage.getItem(STORED);
    return LANGUAGES.includes(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export const language = () => current;

export function setLanguage(chosen) {
  current = chosen;
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // Then it holds until the page is left.
  }
  for (const listener of listeners) listener();
}

export function onLanguage(listener) {
  listeners.add(listener);
}

const pick = (pair) => pair[LANGUAGES.indexOf(current)];

/** The text of this name, with `{…}` filled in. */
export function t(name, values = {}) {
  const text = WORDS[name] ? pick(WORDS[name]) : name;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** What a word of the API means, or the word itself. */
export function word(kind, name) {
  const pair = Object.hasOwn(MEANINGS[kind], name) ? MEANINGS[kind][name] : undefined;
  return pair ? pick(pair) : String(name ?? "");
}

/** Puts the texts into what stands in index.html. */
export function translate(root) {
  root.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const place of root.querySelectorAll("[data-word]")) place.textContent = t(place.dataset.word);
  for (const place of root.querySelectorAll("[data-word-title]")) {
    place.title = t(place.dataset.wordTitle);
    place.setAttribute("aria-label", t(place.dataset.wordTitle));
  }
  const other = root.getElementById("language");
  other.textContent = current === "zh" ? "English" : "中文";
  other.lang = current === "zh" ? "en" : "zh-CN";
}
