import { useEffect, useRef, useState } from "preact/hooks";
import type { LogInProps } from "../app";
import icon from "../icon.svg";
import { logIn } from "../session";

export default function LogIn({ again }: LogInProps) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Log in · refcmdb";
    name.current?.focus();
  }, []);

  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      setProblem(await logIn(String(form.get("username")), String(form.get("password"))));
    } catch {
      setProblem("The server does not answer. Check the connection and try again.");
    }
    setBusy(false);
  };
  return (
    <main class="log-in">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>
          <img src={icon} alt="" width="32" height="32" /> Log in to refcmdb
        </h1>
        {again && !problem && (
          <p>The session of {again} has ended; what they wrote is still there.</p>
        )}
        {problem && (
          <p class="wrong" role="alert">
            {problem}
          </p>
        )}
        <label>
          Name
          <input ref={name} name="username" autocomplete="username" required maxLength={100} />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            required
            maxLength={200}
          />
        </label>
        <button class="main" disabled={busy} type="submit">
          {busy ? "Logging in…" : "Log in"}
        </button>
      </form>
    </main>
  );
}
