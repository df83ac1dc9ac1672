/** The frame around the views: who has logged in, where one can go, what is shown. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Header } from "./header";
import { Loading } from "./parts";
import { type Place, usePlace } from "./router";
import { onSession, session } from "./session";
import { type View, viewOf } from "./views";

const logInView = () => import("./views/log-in");

export function App({ version }: { version: string }) {
  const [who, setWho] = useState(session);
  const [owner, setOwner] = useState(who?.user);
  useEffect(
    () =>
      onSession(() => {
        setWho(session());
        setOwner((before) => session()?.user ?? before);
      }),
    [],
  );
  // What somebody was writing when the session ended is still there when they, and not others,
  // log in again.
  return (
    <>
      {!who && <LogIn again={owner} />}
      {owner && (
        <div class="frame" key={owner} hidden={!who}>
          <Header version={version} />
          <Shown />
        </div>
      )}
    </>
  );
}

export interface LogInProps {
  /** Whose session ended while they were here. */
  again: string | undefined;
}

function LogIn({ again }: LogInProps) {
  const [Form, setForm] = useState<ComponentType<LogInProps>>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    logInView()
      .then((module) => setForm(() => module.default))
      .catch(() => setFailed(true));
  }, []);
  if (failed) return <Outdated />;
  return Form ? <Form again={again} /> : null;
}

/** The view of the address; the one before stays until it is there. */
function Shown() {
  const place = usePlace();
  const [shown, setShown] = useState<{ view: View; place: Place; id: number }>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let current = true;
    const { load, id } = viewOf(place.path);
    load()
      .then((module) => current && setShown({ view: module.default, place, id }))
      .catch(() => current && setFailed(true));
    return () => {
      current = false;
    };
  }, [place]);
  return (
    <main id="main" tabIndex={-1}>
      {failed && <Outdated />}
      {!failed && !shown && <Loading />}
      {!failed && shown && <shown.view key={shown.place.path} place={shown.place} id={shown.id} />}
    </main>
  );
}

function Outdated() {
  return (
    <div class="failure" role="alert">
      <p>This part of the application could not be loaded; perhaps there is a new version.</p>
      <button type="button" onClick={() => location.reload()}>
        Load the page again
      </button>
    </div>
  );
}
