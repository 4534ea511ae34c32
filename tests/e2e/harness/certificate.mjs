// Stands in for the binding WXPAY_CERT: what goes through it says so.

export default {
  fetch(request) {
    const headers = new Headers(request.headers);
    headers.set("x-client-certificate", "shown");
    return fetch(new Request(request, { headers }));
  },
};
