// Runs inside workerd, before the Worker: a caller that hangs up. workerd does not notice a client
// that leaves over HTTP/1.1, but it does notice one behind a service binding.

export default {
  async fetch(request, env) {
    const patience = request.headers.get("x-patience-ms");
    if (patience === null) return env.WORKER.fetch(request);
    const leaving = new AbortController();
    const answer = env.WORKER.fetch(new Request(request, { signal: leaving.signal }));
    setTimeout(() => leaving.abort(), Number(patience));
    const hasAnswered = await answer.then(
      () => true,
      () => false,
    );
    return Response.json({ left: !hasAnswered });
  },
};
