"""The looks of the start page: one style sheet inside the page, so that it needs nothing from outside."""

from base64 import b64encode
from hashlib import sha256

STYLE = """
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--line:#e1e5ea;--ink:#15202b;--soft:#5d6b7a;--faint:#8a96a3;
--good:#0f8a5f;--warning:#b26a00;--bad:#c62838;--accent:#0b6bcb;--good-bg:#e4f5ee;--warning-bg:#fdf1de;
--bad-bg:#fdeaec;--quiet-bg:#eef1f4;--shadow:0 1px 2px #10182810,0 1px 6px #1018280a}
@media (prefers-color-scheme:dark){:root{--page:#0e1318;--card:#161d24;--line:#27313b;--ink:#e8edf2;--soft:#9aa8b6;
--faint:#748290;--good:#3ecf8e;--warning:#f5b041;--bad:#ff6b76;--accent:#63b3ff;--good-bg:#11302a;
--warning-bg:#35280f;--bad-bg:#391a20;--quiet-bg:#1f2831;--shadow:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
-webkit-text-size-adjust:100%}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
h1,h2,h3,p,ul,dl,dd{margin:0;padding:0}ul{list-style:none}
code,.num,td.n,th.n{font-variant-numeric:tabular-nums}
code{font:12.5px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
header{display:flex;align-items:center;gap:12px;padding-top:22px;padding-bottom:18px;flex-wrap:wrap}
header svg{width:30px;height:30px;flex:none}
header h1{font-size:17px;font-weight:650;letter-spacing:-.01em}
header .site{color:var(--soft);padding-left:12px;border-left:1px solid var(--line)}
header .when{margin-left:auto;color:var(--soft);font-size:13px}
.hero{background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shadow);
display:grid;grid-template-columns:1fr auto;overflow:hidden}
.hero>div{padding:24px 28px}.word{display:inline-block}
.hero .state{border-left:6px solid var(--mood)}
.good{--mood:var(--good);--mood-bg:var(--good-bg)}.warning{--mood:var(--warning);--mood-bg:var(--warning-bg)}
.bad{--mood:var(--bad);--mood-bg:var(--bad-bg)}.quiet{--mood:var(--soft);--mood-bg:var(--quiet-bg)}
.word{font-size:clamp(32px,6vw,50px);line-height:1.1;font-weight:700;letter-spacing:-.03em;color:var(--mood)}
.hero p,.hero li{color:var(--soft);margin-top:8px}.hero li{color:var(--ink);margin-top:6px}
.hero .alerts{border-left:1px solid var(--line);min-width:240px;text-align:right;background:var(--mood-bg)}
.chips{display:flex;gap:6px;flex-wrap:wrap;justify-content:flex-end;margin-top:10px}
.chip{display:inline-block;padding:1px 9px;border-radius:99px;font-size:12px;font-weight:600;line-height:20px;
background:var(--mood-bg);color:var(--mood);white-space:nowrap}
.hero .alerts .chip{background:var(--card)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:14px 0 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:13px 16px;box-shadow:var(--shadow)}
.tile dt{color:var(--soft);font-size:12.5px}
.tile dd{font-size:22px;font-weight:650;letter-spacing:-.02em;line-height:1.3;font-variant-numeric:tabular-nums}
.tile dd small{font-size:12.5px;font-weight:500;color:var(--soft);letter-spacing:0}
.tile.warning dd,.tile.bad dd{color:var(--mood)}
section{margin-top:28px}
h2{font-size:13px;font-weight:650;color:var(--soft);text-transform:uppercase;letter-spacing:.06em;margin-bottom:10px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow);overflow:hidden}
.scroll{overflow-x:auto}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 20px}.pair section{min-width:0}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:550;color:var(--soft);font-size:12.5px;text-align:left;background:var(--quiet-bg)}
th,td{padding:8px 16px;white-space:nowrap}td{border-top:1px solid var(--line)}td.n,th.n{text-align:right}
td.wide{white-space:normal;min-width:160px;overflow-wrap:anywhere}
.dot{display:inline-block;width:9px;height:9px;border-radius:50%;background:var(--mood);margin-right:9px}
.alert{padding:15px 18px;border-top:1px solid var(--line);border-left:4px solid var(--mood)}
.alert:first-child{border-top:0}
.alert h3{font-size:15px;font-weight:600;overflow-wrap:anywhere}
.alert h3 .chip{margin-right:9px;vertical-align:1px}
.alert p{color:var(--soft);margin-top:4px;max-width:118ch;overflow-wrap:anywhere}
.alert .meta{display:flex;flex-wrap:wrap;gap:2px 18px;margin-top:7px;font-size:13px;color:var(--faint)}
.alert .meta b{overflow-wrap:anywhere;font-weight:550;color:var(--ink)}
.none{padding:18px;color:var(--soft)}
.more{padding:11px 18px;border-top:1px solid var(--line);font-size:14px}
.bars li{display:grid;grid-template-columns:minmax(90px,34%) 1fr auto;gap:12px;align-items:center;padding:6px 16px;
font-size:14px}
.bars li:first-child{padding-top:13px}.bars li:last-child{padding-bottom:13px}
.bars span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bars meter{width:100%;height:9px;border:0;border-radius:5px;background:var(--quiet-bg)}
.bars meter::-webkit-meter-bar{background:var(--quiet-bg);border:0;border-radius:5px;height:9px}
.bars meter::-webkit-meter-optimum-value{background:var(--accent);border-radius:5px}
.bars meter::-moz-meter-bar{background:var(--accent);border-radius:5px}
.facts{display:grid;grid-template-columns:auto 1fr;gap:0}
.facts dt,.facts dd{padding:8px 16px;border-top:1px solid var(--line);font-size:14px}
.facts dt{color:var(--soft)}.facts dd{text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.facts dt:first-child,.facts dt:first-child+dd{border-top:0}
.facts .note{grid-column:1/-1;text-align:left;color:var(--faint);font-size:12.5px}
.facts .warning,.facts .bad{color:var(--mood)}
footer{margin-top:30px;padding-top:16px;padding-bottom:34px;color:var(--faint);font-size:13px;display:flex;
flex-wrap:wrap;gap:4px 18px}
footer .end{margin-left:auto}
@media (max-width:760px){.hero,.pair{grid-template-columns:1fr}.hero .alerts{border-left:0;text-align:left;
border-top:1px solid var(--line)}.chips{justify-content:flex-start}header .when{margin-left:0;width:100%}
main,header,footer{padding-left:14px;padding-right:14px}.hero>div{padding:20px}footer .end{margin-left:0;width:100%}
.tiles{grid-template-columns:repeat(2,1fr)}}
"""

STYLE_HASH = "sha256-" + b64encode(sha256(STYLE.encode()).digest()).decode()
"""What the Content-Security-Policy allows: this style sheet and no other."""
