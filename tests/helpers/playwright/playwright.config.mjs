export default {
  reporter: "line",
  use: {
    launchOptions: { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] },
  },
};
