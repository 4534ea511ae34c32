//! Devices (设备): what a fake client tells a site and its scripts about itself.

use serde::{Deserialize, Serialize};

use super::ClientKind;

/// A device with the app on it in which a page is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// 微信 on an iPhone.
    WechatIos,
    /// 微信 on an Android phone.
    WechatAndroid,
    /// 微信 on a phone with HarmonyOS NEXT (鸿蒙).
    WechatHarmony,
    /// 微信 on Windows.
    WechatWindows,
    /// The web-view of a mini program (小程序 web-view) on an iPhone.
    MiniProgram,
    /// 企业微信 on an iPhone.
    Wecom,
    /// Safari on an iPhone.
    IosSafari,
    /// Chrome on an Android phone.
    AndroidChrome,
    /// Chrome on Windows.
    DesktopChrome,
}

/// What scripts read of `navigator`, beside the user agent.
pub(super) struct Navigator {
    pub(super) platform: &'static str,
    pub(super) vendor: &'static str,
    pub(super) touch_points: u8,
}

impl Device {
    /// Each of them.
    pub const ALL: [Self; 9] = [
        Self::WechatIos,
        Self::WechatAndroid,
        Self::WechatHarmony,
        Self::WechatWindows,
        Self::MiniProgram,
        Self::Wecom,
        Self::IosSafari,
        Self::AndroidChrome,
        Self::DesktopChrome,
    ];

    /// Its name in Chinese.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::WechatIos => "微信 iOS",
            Self::WechatAndroid => "微信安卓",
            Self::WechatHarmony => "微信鸿蒙",
            Self::WechatWindows => "微信 Windows",
            Self::MiniProgram => "小程序 web-view",
            Self::Wecom => "企业微信",
            Self::IosSafari => "iPhone 浏览器",
            Self::AndroidChrome => "安卓浏览器",
            Self::DesktopChrome => "电脑浏览器",
        }
    }

    /// Its name in English.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::WechatIos => "WeChat on iOS",
            Self::WechatAndroid => "WeChat on Android",
            Self::WechatHarmony => "WeChat on HarmonyOS",
            Self::WechatWindows => "WeChat on Windows",
            Self::MiniProgram => "mini-program web-view",
            Self::Wecom => "WeCom",
            Self::IosSafari => "Safari on iOS",
            Self::AndroidChrome => "Chrome on Android",
            Self::DesktopChrome => "Chrome on a desktop",
        }
    }

    /// The fake client it is.
    #[must_use]
    pub const fn kind(self) -> ClientKind {
        match self {
            Self::WechatIos
            | Self::WechatAndroid
            | Self::WechatHarmony
            | Self::WechatWindows
            | Self::MiniProgram
            | Self::Wecom => ClientKind::Wechat,
            Self::IosSafari | Self::AndroidChrome => ClientKind::Phone,
            Self::DesktopChrome => ClientKind::Desktop,
        }
    }

    /// Whether WeChat goes by the address a page was entered by (落地页), whatever its router has
    /// shown since.
    ///
    /// Source: JS-SDK 常见错误, invalid signature. UNCONFIRMED: that 企业微信 does so too.
    pub(crate) const fn goes_by_landing(self) -> bool {
        matches!(self, Self::WechatIos | Self::MiniProgram | Self::Wecom)
    }

    /// The user agent of a real one.
    ///
    /// Source: fixtures of ua-parser-js and matomo device-detector, and the table of user agents in
    /// `tests/vectors` with where each was seen.
    #[must_use]
    pub const fn user_agent(self) -> &'static str {
        match self {
            Self::WechatIos => {
                "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.16(0x18001042) NetType/4G Language/zh_CN"
            }
            Self::WechatAndroid => {
                "Mozilla/5.0 (Linux; Android 14; V2244A Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.180 Mobile Safari/537.36 XWEB/1380187 MMWEBSDK/20250804 MMWEBID/1664 MicroMessenger/8.0.63.2920(0x28003F3A) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
            }
            Self::WechatHarmony => {
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile  MicroMessenger/8.0.10.36(0xf3100a24) Weixin NetType/4G Language/zh_CN MMWEBID/6994 MMWEBSDK/202508070004 XWEB/1140319"
            }
            Self::WechatWindows => {
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) UnifiedPCWindowsWechat(0xf2541211) XWEB/16815 Flue"
            }
            Self::MiniProgram => {
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.76(0x18004c24) NetType/WIFI Language/zh_CN miniProgram/wx2c1c63e28bb33be1"
            }
            Self::Wecom => {
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.39 MicroMessenger/7.0.1 Language/zh ColorScheme/Light wwmver/3.26.38.377"
            }
            Self::IosSafari => {
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
            }
            Self::AndroidChrome => {
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
            }
            Self::DesktopChrome => {
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
            }
        }
    }

    /// UNCONFIRMED: what `HarmonyOS` says as `platform` and `vendor`.
    pub(super) const fn navigator(self) -> Navigator {
        let (platform, vendor, touch_points) = match self {
            Self::WechatIos | Self::MiniProgram | Self::Wecom | Self::IosSafari => {
                ("iPhone", "Apple Computer, Inc.", 5)
            }
            Self::WechatAndroid | Self::AndroidChrome => ("Linux armv8l", "Google Inc.", 5),
            Self::WechatHarmony => ("Linux aarch64", "Google Inc.", 5),
            Self::WechatWindows | Self::DesktopChrome => ("Win32", "Google Inc.", 0),
        };
        Navigator { platform, vendor, touch_points }
    }

    /// Reads a name as it stands in JSON, such as `wechat_ios`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_agent_is_in_the_table_of_real_ones_or_a_plain_browser() {
        let table =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/user_agents/user_agents.tsv");
        let table = std::fs::read_to_string(table).unwrap();
        let known: Vec<&str> = table.lines().filter_map(|line| line.split('\t').nth(3)).collect();
        for device in Device::ALL {
            assert!(known.contains(&device.user_agent()), "{device:?}");
        }
    }

    #[test]
    fn a_device_is_read_by_the_name_it_is_written_with() {
        for device in Device::ALL {
            let name = serde_json::to_value(device).unwrap();
            assert_eq!(Device::named(name.as_str().unwrap()), Some(device));
        }
        assert_eq!(Device::named("fridge"), None);
    }
}
