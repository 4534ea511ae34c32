//! Which WeChat, if any, the page runs in, and the way to pay that works there.
//!
//! Source: user agents and their rule order were gathered from published test suites and notes;
//! the strings are in `tests/vectors/user_agents/`, with where they come from.
//! Never decided by `QQBrowser` alone: the X5 kernel inside WeChat says `MQQBrowser` too.

use super::{
    cut::span,
    fragment::{after, has_any, word},
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
    /// WeChat on Windows or Linux.
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

/// Why that way. The sentences stand in `pkg/src/reasons.ts`, in this order.
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

// The words in the order of the variants. One text costs a page 12 bytes a word less than `match`.
const CLIENT_WORDS: &str = " wechat-ios wechat-android wechat-harmony wechat-ipad wechat-windows wechat-mac \
    wechat-devtools wecom mini-program alipay qq in-app phone-browser desktop-browser";
const PLATFORM_WORDS: &str = " ios ipados android harmony windows mac other";
const CHANNEL_WORDS: &str = " jsapi mweb native mini-program unsupported";

/// What the page knows besides its user agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// `window.__wxjs_environment`; "miniprogram" inside a mini program, once the Bridge is ready.
    pub environment: &'a str,
    /// `navigator.maxTouchPoints > 1`; tells an iPad that says it is a Mac from a Mac.
    pub touch: bool,
    /// `navigator.userAgentData.mobile`.
    pub mobile: bool,
    /// `navigator.userAgentData.platform`: "Android", "Windows", "macOS", … A phone asked for
    /// desktop pages tells it while its user agent does not.
    pub platform: &'a str,
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

/// Classifies a user agent.
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
        Platform::Other => !(hints.mobile || has_any(user_agent, "|mobile")),
        // HarmonyOS runs laptops, too.
        Platform::Harmony => has_any(user_agent, "|(pc;"),
        _ => false,
    };
    let client = client(user_agent, hints, platform, on_desktop);
    let (version_mark, mut channel, mut reason) = way_in(client);
    let version = span(after(user_agent, version_mark).unwrap_or(""), "0123456789.");
    if on_desktop && channel == Channel::Mweb {
        channel = Channel::Native;
    }
    // UNCONFIRMED: payment came with WeChat 5.0, from memory of the documentation.
    if channel == Channel::Jsapi && matches!(version.as_bytes(), [b'1'..=b'4', b'.', ..]) {
        (channel, reason) = (Channel::Unsupported, Reason::WechatTooOld);
    }
    Context { client, platform, version, channel, reason }
}

fn platform(user_agent: &str, hints: Hints<'_>) -> Platform {
    // Phones and tablets that are asked for desktop pages say Windows besides, so they come first.
    const MARKS: [(&str, Platform); 7] = [
        // It says Android, too, and is no desktop.
        ("|windows phone", Platform::Other),
        ("|openharmony", Platform::Harmony),
        ("|android", Platform::Android),
        ("|windows nt", Platform::Windows),
        ("|ipad", Platform::Ipados),
        ("|iphone", Platform::Ios),
        ("|macintosh", Platform::Mac),
    ];
    let says = |marks| has_any(user_agent, marks) || has_any(hints.platform, marks);
    match MARKS.iter().find(|(marks, _)| says(marks)) {
        // iPadOS asks for desktop pages by saying it is a Mac; no Mac has a touch screen.
        Some((_, Platform::Mac)) if hints.touch => Platform::Ipados,
        Some((_, platform)) => *platform,
        // Android asked for desktop pages says X11; Linux, and its client hints say Linux, too.
        // A Linux laptop with a touch screen is taken for a phone; there are fewer of them.
        // Source: Chromium, components/embedder_support/user_agent_utils.cc, read 2026-11-23.
        None if hints.touch && has_any(user_agent, "|linux") => Platform::Android,
        None => Platform::Other,
    }
}

/// The first rule that fits decides.
fn client(user_agent: &str, hints: Hints<'_>, platform: Platform, on_desktop: bool) -> Client {
    let says = |marks| has_any(user_agent, marks);
    if says("|micromessenger") {
        if hints.environment == "miniprogram" || says("|miniprogram") {
            Client::MiniProgram
        } else if says("|wxwork") {
            Client::Wecom
        } else if says("|wechatdevtools") {
            Client::WechatDevtools
        } else if platform == Platform::Windows || says("|windowswechat") {
            // On Linux it says so, too.
            Client::WechatWindows
        } else {
            match platform {
                Platform::Mac => Client::WechatMac,
                Platform::Ipados => Client::WechatIpad,
                Platform::Ios => Client::WechatIos,
                Platform::Harmony => Client::WechatHarmony,
                _ => Client::WechatAndroid,
            }
        }
    } else if says("|alipayclient|aliapp(ap/") {
        Client::Alipay
    } else if on_desktop {
        // Before the apps: QQ and Douyin have desktop editions, where a QR code works.
        Client::DesktopBrowser
    } else if says("|v1_and_sq|v1_iph_sq") {
        Client::Qq
    } else if says("|weibo|bytedancewebview|baiduboxapp|aliapp(tb/|aliapp(dingtalk/") {
        Client::InApp
    } else if says("|browser/") && !says("|tbs/") {
        // Some of them say `; wv)` or leave out `Safari/`. `MQQBrowser/6.2 TBS/…` is no browser but
        // the X5 kernel of an app.
        Client::PhoneBrowser
    } else {
        // The names above are those of apps that do not follow the custom of their system.
        let in_app = match platform {
            Platform::Harmony => true,
            Platform::Ios | Platform::Ipados => !says("|safari/"),
            _ => says("|; wv)"),
        };
        if in_app { Client::InApp } else { Client::PhoneBrowser }
    }
}

/// What stands before the client's version, the way to pay there, and why.
fn way_in(client: Client) -> (&'static str, Channel, Reason) {
    const NONE: &str = "\0";
    const WECHAT: &str = "micromessenger/";
    match client {
        Client::WechatIos | Client::WechatAndroid | Client::WechatIpad => {
            (WECHAT, Channel::Jsapi, Reason::InWechat)
        }
        Client::WechatHarmony => (WECHAT, Channel::Jsapi, Reason::InWechatByTap),
        // On desktops `MicroMessenger/7.0.20.1781` and `MacWechat/3.8.7` are frozen. The real
        // version stands in hexadecimal behind `UnifiedPC…Wechat(`, which is no version to show.
        // UNCONFIRMED: whether desktop WeChat raises the cashier; reports differ, a QR code works.
        Client::WechatWindows | Client::WechatMac => (NONE, Channel::Native, Reason::DesktopWechat),
        Client::WechatDevtools => (WECHAT, Channel::Unsupported, Reason::DeveloperTool),
        Client::MiniProgram => (WECHAT, Channel::MiniProgram, Reason::InMiniProgram),
        Client::Wecom => ("wxwork/", Channel::Mweb, Reason::InWecom),
        Client::Alipay => ("alipayclient/", Channel::Unsupported, Reason::InAlipay),
        Client::Qq => (" qq/", Channel::Mweb, Reason::InApp),
        Client::InApp => (NONE, Channel::Mweb, Reason::InApp),
        Client::PhoneBrowser => (NONE, Channel::Mweb, Reason::PhoneBrowser),
        Client::DesktopBrowser => (NONE, Channel::Native, Reason::DesktopBrowser),
    }
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
    }

    #[test]
    fn an_empty_user_agent_is_a_desktop_without_a_version() {
        let context = detect("", Hints::default());
        assert_eq!((context.client, context.version), (Client::DesktopBrowser, ""));
    }
}
