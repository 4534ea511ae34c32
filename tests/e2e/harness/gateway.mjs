// The sandbox knows neither a buyer typing the password nor a refund, and it is never silent. A
// Worker that reaches WeChat's gateway through here can be told another `trade_state`.

import { createServer } from "node:http";
import { after, afterEach } from "node:test";
import { sign, xml } from "./wechat.mjs";

/** Starts one before the sandbox of a world; its tests say `gateway.word = "USERPAYING"`. */
export async function startGateway(world) {
  const gateway = { word: undefined, url: undefined };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (gateway.word && request.url === "/pay/orderquery") {
      return response.end(wechatSays(gateway.word, body.toString()));
    }
    const url = new URL(request.url, world().sandbox.addresses.gateway);
    const answer = await fetch(url, { method: request.method, headers: kept(request.headers), body });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  gateway.url = `http://127.0.0.1:${server.address().port}`;
  after(() => server.close());
  afterEach(() => (gateway.word = undefined));
  return gateway;
}

const kept = ({ "content-type": type }) => ({ "content-type": type });

function wechatSays(trade_state, question) {
  const field = (name) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^<\\]]+)`).exec(question)[1];
  const said = { return_code: "SUCCESS", result_code: "SUCCESS", nonce_str: "0".repeat(32), trade_state };
  for (const name of ["appid", "mch_id", "out_trade_no"]) said[name] = field(name);
  return xml({ ...said, sign: sign(said) });
}
