/// The page's style: calm, designed for phones first, light or dark as the reader's device is.
enum PageStyle {
    static let text = """
        :root {
          color-scheme: light dark;
          --page: #f5f5f2; --card: #ffffff; --text: #16160f; --soft: #5a5951; --line: #e3e2dc; --base: #8a8983;
          --blue: #2a78d6; --plan: #16160f; --bad: #d4511e; --track: #eeede8;
          --well: #1a7443; --well-soft: #e6f3ea; --look: #8a5a00; --look-soft: #fbf0d6;
          --trouble: #b3261a; --trouble-soft: #fce8e5; --start: #22579e; --start-soft: #e4eefa;
          --fresh: #2a78d6; --due: #8fbcee; --backing: #e39a2d; --parked: #b3261a; --paused: #8a8983;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #131312; --card: #1c1c1a; --text: #f3f2ec; --soft: #b4b3a9; --line: #32322e; --base: #7d7c76;
            --blue: #4a92e8; --plan: #f3f2ec; --bad: #f58a58; --track: #2a2a27;
            --well: #58c98f; --well-soft: #16281e; --look: #e8b95a; --look-soft: #2c2413;
            --trouble: #ff8577; --trouble-soft: #331b18; --start: #7fb4f5; --start-soft: #17243a;
            --fresh: #4a92e8; --due: #2c5c97; --backing: #e0a243; --parked: #ff8577; --paused: #8f8e86;
          }
        }
        * { box-sizing: border-box; margin: 0; padding: 0; }
        body {
          background: var(--page); color: var(--text); max-width: 1120px; margin: 0 auto; padding: 20px 16px 28px;
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
          font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
        }
        header { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; flex-wrap: wrap; }
        h1 { font-size: 17px; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; }
        header p, footer, .quiet, .aside { color: var(--soft); font-size: 14px; }
        h2 { font-size: 16px; font-weight: 650; letter-spacing: -0.01em; }
        main > section, .pair > section { margin-top: 16px; }
        section:empty { display: none; }
        #stale { margin-top: 14px; padding: 12px 16px; border-radius: 12px; background: var(--trouble-soft); color: var(--trouble); }
        .banner { display: flex; gap: 18px; align-items: center; padding: 22px; border-radius: 16px; }
        .banner h2 { font-size: 26px; line-height: 1.2; letter-spacing: -0.02em; text-wrap: balance; }
        .banner p { margin-top: 6px; }
        .icon { width: 52px; height: 52px; flex: none; }
        .icon circle { fill: currentColor; }
        .icon path { fill: none; stroke: var(--card); stroke-width: 4.5; stroke-linecap: round; stroke-linejoin: round; }
        .banner > div > * { color: var(--text); }
        .well, .note { color: var(--well); } .banner.well, .banner.note { background: var(--well-soft); }
        .starting, .stopping { color: var(--start); }
        .banner.starting, .banner.stopping { background: var(--start-soft); }
        .attention { color: var(--look); } .banner.attention { background: var(--look-soft); }
        .trouble { color: var(--trouble); } .banner.trouble { background: var(--trouble-soft); }
        #needs, #curve, #outcomes, #users { background: var(--card); border: 1px solid var(--line); border-radius: 16px; padding: 18px; }
        .needs { list-style: none; margin-top: 4px; }
        .needs li {
          display: grid; grid-template-columns: 76px 1fr minmax(0, auto); gap: 4px 14px; align-items: center;
          padding: 12px 0; border-top: 1px solid var(--line);
        }
        .needs li:first-child { border-top: 0; }
        .needs li:last-child { padding-bottom: 0; }
        .needs h3 { font-size: 15px; font-weight: 600; color: var(--text); }
        .needs p { font-size: 14px; color: var(--soft); }
        .mark {
          justify-self: start; font-size: 12px; font-weight: 650; padding: 2px 9px; border-radius: 99px;
          border: 1px solid currentColor;
        }
        .needs .note .mark { color: var(--soft); }
        code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        .command {
          display: block; width: fit-content; max-width: 100%; padding: 6px 11px; border-radius: 8px;
          background: var(--track); color: var(--text); user-select: all;
        }
        .quiet + .command { margin-top: 10px; }
        .tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; }
        .tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 16px; padding: 14px 18px; }
        .tiles dt { font-size: 14px; color: var(--soft); }
        .tiles dd { font-size: 21px; font-weight: 600; letter-spacing: -0.015em; line-height: 1.3; }
        .tiles dd.aside { font-size: 13px; font-weight: 400; letter-spacing: 0; margin-top: 2px; }
        .legend { float: right; display: flex; gap: 16px; font-size: 13px; color: var(--soft); line-height: 24px; }
        .key { width: 10px; height: 10px; margin-right: 6px; } .key.line { width: 20px; }
        #curve svg:not(.key) { display: block; width: 100%; height: auto; margin-top: 10px; }
        svg text { font-size: 12px; fill: var(--soft); }
        .end { text-anchor: end; } .middle { text-anchor: middle; }
        .grid { stroke: var(--line); } .base { stroke: var(--base); }
        .good { fill: var(--blue); } .bad { fill: var(--bad); } .track { fill: var(--track); }
        .plan { fill: none; stroke: var(--plan); stroke-width: 1.6; stroke-dasharray: 4 3; }
        line.now { stroke: var(--soft); stroke-width: 1; } text.now { fill: var(--soft); }
        .target { fill: transparent; } g:hover > .target { fill: var(--text); fill-opacity: 0.07; }
        .narrow { display: none; }
        details { margin-top: 8px; font-size: 14px; color: var(--soft); }
        summary { cursor: pointer; width: fit-content; }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
        table { width: 100%; border-collapse: collapse; margin-top: 10px; font-size: 14px; }
        th { text-align: left; font-weight: 500; }
        td, th { padding: 5px 0; }
        .figure { text-align: right; white-space: nowrap; padding-left: 14px; } .share { color: var(--soft); width: 74px; }
        .hours { max-width: 460px; } .hours td, .hours th { border-top: 1px solid var(--line); }
        .hours thead th { border: 0; } .hours thead th + th { text-align: right; }
        td.bar { width: 38%; padding-left: 14px; } td.bar svg { display: block; width: 100%; height: 10px; border-radius: 5px; }
        .stack { display: block; width: 100%; height: 16px; margin: 14px 0 4px; border-radius: 6px; }
        .users td:first-child { width: 18px; }
        .users .aside { font-weight: 400; margin-left: 4px; }
        .fresh { fill: var(--fresh); } .due { fill: var(--due); } .backing { fill: var(--backing); }
        .parked { fill: var(--parked); } .paused { fill: var(--paused); }
        footer { display: flex; justify-content: space-between; gap: 8px; flex-wrap: wrap; margin-top: 20px; }
        footer a { color: inherit; margin-right: 12px; }
        @media (max-width: 860px) {
          .pair { grid-template-columns: minmax(0, 1fr); gap: 0; }
          .tiles { grid-template-columns: 1fr 1fr; }
        }
        @media (max-width: 600px) {
          body { padding: 14px 12px 24px; }
          .banner { padding: 18px 16px; gap: 14px; align-items: flex-start; }
          .banner h2 { font-size: 21px; } .icon { width: 38px; height: 38px; }
          .needs li { grid-template-columns: minmax(0, 1fr); align-items: start; }
          .tiles { gap: 10px; } .tiles div { padding: 12px 14px; } .tiles dd { font-size: 18px; }
          .tiles dd.aside { font-size: 12.5px; }
          #needs, #curve, #outcomes, #users { padding: 16px 14px; }
          .legend { float: none; margin-top: 4px; }
          .wide { display: none; } .narrow { display: block; }
          td.bar { width: 24%; } .share { width: 62px; } .figure { padding-left: 8px; }
          .users .aside { display: block; margin-left: 0; }
        }
        """
}
