// News of the service: a stream for the number that writes and the messengers of this browser session, opened anew when
// it breaks or the number changes.

const AGAIN = 2000;

export class Feed {
  #source = null;
  #number = "";
  #timer = 0;

  /** `session`: the words of the browser session. `heard(now, state)` gets every state; `connected(yes)` tells whether the demo can be reached. */
  constructor(session, heard, connected) {
    this.session = session;
    this.heard = heard;
    this.connected = connected;
  }

  follow(number) {
    if (number === this.#number && this.#source !== null) return;
    this.#number = number;
    this.#open();
  }

  #open() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource(`/demo/news?${new URLSearchParams({ from: this.#number, session: this.session })}`);
    this.#source = source;
    source.onmessage = (event) => {
      const { now, state } = JSON.parse(event.data);
      this.connected(true);
      this.heard(now, state);
    };
    source.onerror = () => {
      source.close();
      this.connected(false);
      this.#timer = setTimeout(() => this.#open(), AGAIN);
    };
  }
}
