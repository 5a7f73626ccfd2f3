// Signs in by a name and a password, or by a one-time link whose secret follows the # and so
// reaches no server log.
const form = document.querySelector("form");
const alertLine = document.querySelector("[role=alert]");

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.ok) return location.replace("/");
  const answer = await response.json().catch(() => ({ message: "The server did not answer." }));
  alertLine.textContent = answer.message;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  alertLine.textContent = "";
  post("/sign-in", Object.fromEntries(new FormData(form)));
});

const secret = location.hash.slice(1);
if (secret) {
  history.replaceState(null, "", location.pathname);
  post("/link", { secret });
}
