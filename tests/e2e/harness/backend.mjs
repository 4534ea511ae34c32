// The shop's backend: it talks to the Worker with the shop's key.

/** What a shop's backend may ask of a Worker at this address. */
export function api(url, shopApiKey) {
  const call = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${shopApiKey}`, ...headers },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return {
    url,
    call,
    createOrder: (order) => call("POST", "/v1/orders", order),
    order: async (number) => (await call("GET", `/v1/orders/${encodeURIComponent(number)}`)).body,
    closeOrder: (number) => call("POST", `/v1/orders/${encodeURIComponent(number)}/close`),
  };
}
