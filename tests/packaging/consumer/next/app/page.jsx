// Rendered on the server alone.
import { detect } from "wxpay-h5";
import { Buy } from "./buy";

export default function Page() {
  const { channel } = detect("Mozilla/5.0 (iPhone) MicroMessenger/8.0.16");
  return (
    <main>
      <p id="server">{channel}</p>
      <Buy />
    </main>
  );
}
