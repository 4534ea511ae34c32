# wxpay-edge on a server of your own: the build that wrangler deploys, under plain `workerd`.
#
#     workerd serve --import-path=/etc/wxpay-edge deploy/self-hosted/config.capnp
#
# Started in the folder that holds crates/, demo/ and deploy/. Settings and secrets are environment
# variables (env.example); README.md says the rest. Names repeat ../../wrangler.toml's, and a test
# compares the two.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "wxpay-edge", worker = .worker),

    # Public addresses only, so that nobody talks the Worker into calling your own network.
    # To try it with a sandbox on this machine: allow = ["public", "local"].
    (name = "internet", network = (allow = ["public"], tlsOptions = (trustBrowserCas = true))),

    # For API V2 WeChat asks for your API certificate (商户API证书) where money goes out: refunds and
    # the fund flow bill. The two files are looked for in --import-path. Without them, or with API V3
    # alone, remove this service and the binding WXPAY_CERT.
    (name = "wxpay-cert", external = (
      address = "api.mch.weixin.qq.com:443",
      https = (
        certificateHost = "api.mch.weixin.qq.com",
        tlsOptions = (
          trustBrowserCas = true,
          keypair = (
            privateKey = embed "/apiclient_key.pem",
            certificateChain = embed "/apiclient_cert.pem",
          ),
        ),
      ),
    )),

    # The demo shop; put your own pages here.
    (name = "pages", disk = (path = "demo")),

    # Everything there is to back up: one SQLite file per order, day, login and idempotency key, and
    # one for WeChat's certificates.
    (name = "data", disk = (path = "/var/lib/wxpay-edge", writable = true)),
  ],

  # Your TLS front (Caddy, nginx) stands before it.
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "wxpay-edge")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "deploy/self-hosted/entry.mjs", esModule = embed "entry.mjs"),
    (name = "deploy/self-hosted/pages.mjs", esModule = embed "pages.mjs"),
    (name = "crates/worker/entry.mjs", esModule = embed "../../crates/worker/entry.mjs"),
    (name = "crates/worker/runtime.mjs", esModule = embed "../../crates/worker/runtime.mjs"),
    (name = "crates/worker/openapi.mjs", esModule = embed "../../crates/worker/openapi.mjs"),
    (name = "openapi.yaml", text = embed "../../openapi.yaml"),
    (name = "crates/worker/build/index.js", esModule = embed "../../crates/worker/build/index.js"),
    (name = "crates/worker/build/index_bg.wasm",
      wasm = embed "../../crates/worker/build/index_bg.wasm"),
  ],
  compatibilityDate = "2026-10-01",

  # The keys make each object's file name: change one, and its orders are not found any more.
  durableObjectNamespaces = [
    (className = "Order", uniqueKey = "wxpay-edge-order", enableSql = true),
    (className = "Login", uniqueKey = "wxpay-edge-login", enableSql = true),
    (className = "Ledger", uniqueKey = "wxpay-edge-ledger", enableSql = true),
    (className = "Repeat", uniqueKey = "wxpay-edge-repeat", enableSql = true),
    (className = "Certificates", uniqueKey = "wxpay-edge-certificates", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "data"),

  bindings = [
    (name = "ORDER", durableObjectNamespace = "Order"),
    (name = "LOGIN", durableObjectNamespace = "Login"),
    (name = "LEDGER", durableObjectNamespace = "Ledger"),
    (name = "REPEAT", durableObjectNamespace = "Repeat"),
    (name = "CERTIFICATES", durableObjectNamespace = "Certificates"),
    (name = "ASSETS", service = "pages"),
    (name = "WXPAY_CERT", service = "wxpay-cert"),

    # Secrets. What is not set is as if it were not here.
    (name = "WXPAY_API_V3_KEY", fromEnvironment = "WXPAY_API_V3_KEY"),
    (name = "WXPAY_API_V3_KEY_2", fromEnvironment = "WXPAY_API_V3_KEY_2"),
    (name = "WXPAY_MERCHANT_KEY", fromEnvironment = "WXPAY_MERCHANT_KEY"),
    (name = "WXPAY_API_V2_KEY", fromEnvironment = "WXPAY_API_V2_KEY"),
    (name = "WXPAY_API_V2_KEY_2", fromEnvironment = "WXPAY_API_V2_KEY_2"),
    (name = "WXPAY_APP_SECRET", fromEnvironment = "WXPAY_APP_SECRET"),
    (name = "SHOP_API_KEYS", fromEnvironment = "SHOP_API_KEYS"),
    (name = "CART_KEY", fromEnvironment = "CART_KEY"),
    (name = "TOKEN_KEY", fromEnvironment = "TOKEN_KEY"),
    (name = "WEBHOOK_SECRETS", fromEnvironment = "WEBHOOK_SECRETS"),

    # Variables.
    (name = "WXPAY_APPID", fromEnvironment = "WXPAY_APPID"),
    (name = "WXPAY_MCHID", fromEnvironment = "WXPAY_MCHID"),
    (name = "WXPAY_API", fromEnvironment = "WXPAY_API"),
    (name = "WXPAY_MERCHANT_SERIAL", fromEnvironment = "WXPAY_MERCHANT_SERIAL"),
    (name = "WXPAY_PUBLIC_KEYS", fromEnvironment = "WXPAY_PUBLIC_KEYS"),
    (name = "WXPAY_CERTIFICATES", fromEnvironment = "WXPAY_CERTIFICATES"),
    (name = "WXPAY_SUB_MCHID", fromEnvironment = "WXPAY_SUB_MCHID"),
    (name = "WXPAY_SUB_APPID", fromEnvironment = "WXPAY_SUB_APPID"),
    (name = "WXPAY_SIGN_TYPE", fromEnvironment = "WXPAY_SIGN_TYPE"),
    (name = "PUBLIC_URL", fromEnvironment = "PUBLIC_URL"),
    (name = "ALLOWED_ORIGINS", fromEnvironment = "ALLOWED_ORIGINS"),
    (name = "SHOP_NAME", fromEnvironment = "SHOP_NAME"),
    (name = "CATALOGUE", fromEnvironment = "CATALOGUE"),
    (name = "ORDER_EXPIRES_IN", fromEnvironment = "ORDER_EXPIRES_IN"),
    (name = "CLIENT_IP_HEADER", fromEnvironment = "CLIENT_IP_HEADER"),
    (name = "RATE_LIMIT", fromEnvironment = "RATE_LIMIT"),
    (name = "NOTIFY_SOURCES", fromEnvironment = "NOTIFY_SOURCES"),
    (name = "H5_DOMAIN", fromEnvironment = "H5_DOMAIN"),
    (name = "WEBHOOK_URL", fromEnvironment = "WEBHOOK_URL"),
    (name = "GATEWAY_URL", fromEnvironment = "GATEWAY_URL"),
    (name = "GATEWAY_BACKUP_URL", fromEnvironment = "GATEWAY_BACKUP_URL"),
    (name = "API_URL", fromEnvironment = "API_URL"),
    (name = "OPEN_URL", fromEnvironment = "OPEN_URL"),
  ],
);
