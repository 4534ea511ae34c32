//! Which WeChat, if any, the page runs in, and the way to pay that works there.
//!
//! Source: user agents and their rule order were gathered from published test suites and notes;
//! the strings are in `tests/vectors/user_agents/`, with where they come from.
//! Never decided by `QQBrowser` alone: the X5 kernel inside WeChat says `MQQBrowser` too.

use super::{
    address::digits_and_dots,
    fragment::{after, has, has_any, word},
};

/// What a page is looked at with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Client {
    /// WeChat on an iPhone or iPod.
    WechatIos,
    /// WeChat on an Android phone or tablet.
    WechatAndroid,
    /// WeChat on HarmonyOS NEXT, which raises the cashier only from a tap.
    WechatHarmony,
    /// WeChat on an iPad.
    WechatIpad,
    /// WeChat on Windows.
    WechatWindows,
    /// WeChat on a Mac.
    WechatMac,
    /// The developer tool, which says it is an iPhone.
    WechatDevtools,
    /// WeCom (企业微信) and its private edition. Not a personal WeChat, though it says so too.
    Wecom,
    /// A mini program's web-view.
    MiniProgram,
    /// Alipay.
    Alipay,
    /// QQ on a phone.
    Qq,
    /// Another app's web-view: Weibo, Douyin, …
    InApp,
    /// A browser on a phone or tablet.
    PhoneBrowser,
    /// A browser, or an app's window, on a desktop.
    DesktopBrowser,
}

impl Client {
    /// The word the npm package uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        word(CLIENT_WORDS, self as usize)
    }
}

/// The system underneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Platform {
    /// iPhone, iPod.
    Ios,
    /// iPad, also when it says it is a Mac.
    Ipados,
    /// Android.
    Android,
    /// HarmonyOS NEXT.
    Harmony,
    /// Windows.
    Windows,
    /// macOS.
    Mac,
    /// Anything else.
    Other,
}

impl Platform {
    /// The word the npm package uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        word(PLATFORM_WORDS, self as usize)
    }
}

/// The way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Inside WeChat: the cashier through `WeixinJSBridge` or `wx.chooseWXPay`.
    Jsapi,
    /// On a phone outside WeChat: the H5 cashier's page.
    Mweb,
    /// On a desktop: a QR code.
    Native,
    /// The mini program has to pay (`wx.requestPayment`); the page cannot.
    MiniProgram,
    /// Nothing works here.
    Unsupported,
}

impl Channel {
    /// The word the Worker and the npm package use.
    #[must_use]
    pub fn word(self) -> &'static str {
        word(CHANNEL_WORDS, self as usize)
    }
}

/// Why that way. The sentences are in `pkg/src/text.ts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// In WeChat on a phone.
    InWechat,
    /// In WeChat on HarmonyOS: only directly from a tap.
    InWechatByTap,
    /// WeChat before 5.0 cannot pay.
    WechatTooOld,
    /// Desktop WeChat raises no cashier reliably.
    DesktopWechat,
    /// The developer tool cannot pay.
    DeveloperTool,
    /// WeCom gives other openids than the service account.
    InWecom,
    /// A web-view of a mini program is refused by both JSAPI and H5.
    InMiniProgram,
    /// Alipay does not open WeChat.
    InAlipay,
    /// Many apps block the jump to WeChat; the system browser is the way out.
    InApp,
    /// A phone's browser.
    PhoneBrowser,
    /// A desktop's browser.
    DesktopBrowser,
}

impl Reason {
    /// The word `pkg/src/text.ts` has the sentences for.
    #[must_use]
    pub fn word(self) -> &'static str {
        word(REASON_WORDS, self as usize)
    }
}

// The words in the order of the variants. One text costs a page 12 bytes a word less than `match`.
const CLIENT_WORDS: &str = "wechat-ios wechat-android wechat-harmony wechat-ipad wechat-windows wechat-mac \
    wechat-devtools wecom mini-program alipay qq in-app phone-browser desktop-browser";
const PLATFORM_WORDS: &str = "ios ipados android harmony windows mac other";
const CHANNEL_WORDS: &str = "jsapi mweb native mini-program unsupported";
const REASON_WORDS: &str = "in-wechat in-wechat-by-tap wechat-too-old desktop-wechat developer-tool in-wecom \
    in-mini-program in-alipay in-app phone-browser desktop-browser";

/// What the page knows besides its user agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// `window.__wxjs_environment`; "miniprogram" inside a mini program, once the Bridge is ready.
    pub environment: &'a str,
    /// `navigator.maxTouchPoints > 1`; tells an iPad that says it is a Mac from a Mac.
    pub touch: bool,
}

/// The answer of [`detect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// What the page is looked at with.
    pub client: Client,
    /// The system underneath.
    pub platform: Platform,
    /// The client's version as it stands in the user agent; empty if it is not told.
    pub version: &'a str,
    /// The way to pay.
    pub channel: Channel,
    /// Why that way.
    pub reason: Reason,
}

/// Classifies a user agent. First hit wins, in the order of the rules below.
///
/// ```
/// use wxpay_core::page::{Channel, Client, Hints, detect};
///
/// let context = detect("Mozilla/5.0 (iPhone; …) MicroMessenger/8.0.16(0x18001042)", Hints::default());
/// assert_eq!(context.client, Client::WechatIos);
/// assert_eq!(context.channel, Channel::Jsapi);
/// assert_eq!(context.version, "8.0.16");
/// ```
#[must_use]
pub fn detect<'a>(user_agent: &'a str, hints: Hints<'_>) -> Context<'a> {
    let platform = platform(user_agent, hints);
    let on_desktop = match platform {
        Platform::Windows | Platform::Mac => true,
        Platform::Other => !has(user_agent, "mobile"),
        _ => false,
    };
    let (client, version_mark, channel, reason) = if has_any(user_agent, "wxwork|wwlocal") {
        let channel = if on_desktop { Channel::Native } else { Channel::Mweb };
        (Client::Wecom, "wxwork/", channel, Reason::InWecom)
    } else if has(user_agent, "micromessenger") {
        in_wechat(user_agent, hints, platform)
    } else if has_any(user_agent, "alipayclient|aliapp(ap/") {
        (Client::Alipay, "alipayclient/", Channel::Unsupported, Reason::InAlipay)
    } else if on_desktop {
        // Before the apps: QQ and Douyin have desktop editions, where a QR code works.
        (Client::DesktopBrowser, "", Channel::Native, Reason::DesktopBrowser)
    } else if has_any(user_agent, "v1_and_sq|v1_iph_sq") {
        (Client::Qq, " qq/", Channel::Mweb, Reason::InApp)
    } else if is_in_app(user_agent, platform) {
        (Client::InApp, "", Channel::Mweb, Reason::InApp)
    } else {
        (Client::PhoneBrowser, "", Channel::Mweb, Reason::PhoneBrowser)
    };
    Context { client, platform, version: version_after(user_agent, version_mark), channel, reason }
}

type Answer = (Client, &'static str, Channel, Reason);

/// The rules for everything that says `MicroMessenger`.
fn in_wechat(user_agent: &str, hints: Hints<'_>, platform: Platform) -> Answer {
    const MARK: &str = "micromessenger/";
    if hints.environment.eq_ignore_ascii_case("miniprogram")
        || has_any(user_agent, "miniprogram/|miniprogramenv/")
    {
        return (Client::MiniProgram, MARK, Channel::MiniProgram, Reason::InMiniProgram);
    }
    if has(user_agent, "wechatdevtools") {
        return (Client::WechatDevtools, MARK, Channel::Unsupported, Reason::DeveloperTool);
    }
    // On desktops `MicroMessenger/7.0.20.1781` is frozen. Windows tells its real version only in
    // hexadecimal behind `WindowsWechat(`, which is no version to show; the Mac tells it plainly.
    let (client, mark) = match platform {
        Platform::Windows => (Client::WechatWindows, ""),
        Platform::Mac => (Client::WechatMac, "macwechat/"),
        Platform::Ipados => (Client::WechatIpad, MARK),
        Platform::Ios => (Client::WechatIos, MARK),
        Platform::Harmony => {
            return (Client::WechatHarmony, MARK, Channel::Jsapi, Reason::InWechatByTap);
        }
        Platform::Android | Platform::Other => (Client::WechatAndroid, MARK),
    };
    // UNCONFIRMED: whether desktop WeChat raises the cashier; reports differ, a QR code works.
    if matches!(platform, Platform::Windows | Platform::Mac) {
        return (client, mark, Channel::Native, Reason::DesktopWechat);
    }
    // UNCONFIRMED: payment came with WeChat 5.0, from memory of the documentation.
    let version = version_after(user_agent, mark).as_bytes();
    if matches!(version, [b'1'..=b'4', b'.', ..]) {
        return (client, mark, Channel::Unsupported, Reason::WechatTooOld);
    }
    (client, mark, Channel::Jsapi, Reason::InWechat)
}

fn platform(user_agent: &str, hints: Hints<'_>) -> Platform {
    if has(user_agent, "windows") && !has(user_agent, "windows phone") {
        Platform::Windows
    } else if has(user_agent, "openharmony") {
        Platform::Harmony
    } else if has(user_agent, "android") {
        Platform::Android
    } else if has(user_agent, "ipad") {
        Platform::Ipados
    } else if has_any(user_agent, "iphone|ipod") {
        Platform::Ios
    } else if has_any(user_agent, "macintosh|macwechat") {
        // iPadOS asks for desktop pages by saying it is a Mac; no Mac has a touch screen.
        if hints.touch { Platform::Ipados } else { Platform::Mac }
    } else {
        Platform::Other
    }
}

/// A web-view of an app that is no browser.
fn is_in_app(user_agent: &str, platform: Platform) -> bool {
    // Android marks web-views with `; wv)`. On iOS every browser says `Safari/` and web-views do
    // not, unless the app adds it; the names are those that do not follow the rule.
    has_any(user_agent, "; wv)|weibo|aweme|bytedancewebview")
        || (platform == Platform::Ios && !has(user_agent, "safari/"))
}

/// Digits and dots behind the mark.
fn version_after<'a>(user_agent: &'a str, mark: &str) -> &'a str {
    if mark.is_empty() {
        return "";
    }
    digits_and_dots(after(user_agent, mark).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipad_that_says_it_is_a_mac_is_known_by_its_fingers() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15";
        let fingers = Hints { touch: true, ..Hints::default() };
        assert_eq!(detect(mac, Hints::default()).channel, Channel::Native);
        assert_eq!(detect(mac, fingers).platform, Platform::Ipados);
        assert_eq!(detect(mac, fingers).channel, Channel::Mweb);
    }

    #[test]
    fn a_mini_program_that_hides_in_the_user_agent_is_known_by_its_environment() {
        let hints = Hints { environment: "miniprogram", ..Hints::default() };
        let context = detect("Mozilla/5.0 (iPhone) MicroMessenger/8.0.16(0x18001042)", hints);
        assert_eq!(context.client, Client::MiniProgram);
        // The word alone makes no WeChat.
        assert_eq!(detect("Mozilla/5.0 (iPhone) Safari/604.1", hints).client, Client::PhoneBrowser);
    }

    #[test]
    fn a_wechat_from_before_payments_is_told_so() {
        let context = detect("Mozilla/5.0 (iPhone) MicroMessenger/4.5", Hints::default());
        assert_eq!((context.channel, context.reason), (Channel::Unsupported, Reason::WechatTooOld));
    }

    #[test]
    fn a_phone_of_an_unknown_system_is_still_a_phone() {
        let context =
            detect("Mozilla/5.0 (Mobile; rv:48.0) Gecko/48.0 KAIOS/2.5", Hints::default());
        assert_eq!(context.channel, Channel::Mweb);
    }

    #[test]
    fn each_variant_has_its_own_word() {
        let words = [
            (Client::WechatIos.word(), "wechat-ios"),
            (Client::WechatAndroid.word(), "wechat-android"),
            (Client::WechatHarmony.word(), "wechat-harmony"),
            (Client::WechatIpad.word(), "wechat-ipad"),
            (Client::WechatWindows.word(), "wechat-windows"),
            (Client::WechatMac.word(), "wechat-mac"),
            (Client::WechatDevtools.word(), "wechat-devtools"),
            (Client::Wecom.word(), "wecom"),
            (Client::MiniProgram.word(), "mini-program"),
            (Client::Alipay.word(), "alipay"),
            (Client::Qq.word(), "qq"),
            (Client::InApp.word(), "in-app"),
            (Client::PhoneBrowser.word(), "phone-browser"),
            (Client::DesktopBrowser.word(), "desktop-browser"),
        ];
        for (word, expected) in words {
            assert_eq!(word, expected);
        }
        let words = [
            (Platform::Ios.word(), "ios"),
            (Platform::Ipados.word(), "ipados"),
            (Platform::Android.word(), "android"),
            (Platform::Harmony.word(), "harmony"),
            (Platform::Windows.word(), "windows"),
            (Platform::Mac.word(), "mac"),
            (Platform::Other.word(), "other"),
        ];
        for (word, expected) in words {
            assert_eq!(word, expected);
        }
        let words = [
            (Channel::Jsapi.word(), "jsapi"),
            (Channel::Mweb.word(), "mweb"),
            (Channel::Native.word(), "native"),
            (Channel::MiniProgram.word(), "mini-program"),
            (Channel::Unsupported.word(), "unsupported"),
        ];
        for (word, expected) in words {
            assert_eq!(word, expected);
        }
        let words = [
            (Reason::InWechat.word(), "in-wechat"),
            (Reason::InWechatByTap.word(), "in-wechat-by-tap"),
            (Reason::WechatTooOld.word(), "wechat-too-old"),
            (Reason::DesktopWechat.word(), "desktop-wechat"),
            (Reason::DeveloperTool.word(), "developer-tool"),
            (Reason::InWecom.word(), "in-wecom"),
            (Reason::InMiniProgram.word(), "in-mini-program"),
            (Reason::InAlipay.word(), "in-alipay"),
            (Reason::InApp.word(), "in-app"),
            (Reason::PhoneBrowser.word(), "phone-browser"),
            (Reason::DesktopBrowser.word(), "desktop-browser"),
        ];
        for (word, expected) in words {
            assert_eq!(word, expected);
        }
    }

    #[test]
    fn an_empty_user_agent_is_a_desktop_without_a_version() {
        let context = detect("", Hints::default());
        assert_eq!((context.client, context.version), (Client::DesktopBrowser, ""));
    }
}
