/// The page's script: asks for the overview and puts in what changed.
///
/// Whatever it puts in was made and escaped by the daemon.
enum PageScript {
    static let text = """
        (() => {
          "use strict";
          const every = 5000, shown = {}, stale = document.getElementById("stale");
          const last = document.getElementById("last");
          let at = document.querySelector("time").textContent, timer;
          async function update() {
            clearTimeout(timer);
            try {
              const answer = await fetch("api/overview", {cache: "no-store", signal: AbortSignal.timeout(8000)});
              if (!answer.ok) throw new Error(answer.status);
              const overview = await answer.json();
              for (const [id, html] of Object.entries(overview.fragments)) {
                const element = document.getElementById(id);
                if (!element || shown[id] === html) continue;
                const open = element.querySelector("details[open]") !== null;
                element.innerHTML = html;
                if (open) element.querySelector("details")?.setAttribute("open", "");
                shown[id] = html;
              }
              document.title = overview.documentTitle;
              at = document.querySelector("time").textContent;
              stale.hidden = true;
            } catch {
              last.textContent = at;
              stale.hidden = false;
            }
            if (!document.hidden) timer = setTimeout(update, every);
          }
          document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
          timer = setTimeout(update, every);
        })();
        """
}
