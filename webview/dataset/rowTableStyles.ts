import { css } from 'lit';

/** The columns of the table; what every table of many rows has is in `virtualRowStyles`. */
export const rowTableStyles = css`
  :host {
    container-type: inline-size;
    --width: 94ch;
  }
  .col-row {
    flex: 1 1 14ch;
    min-width: 10ch;
    max-width: 28ch;
  }
  .col-line {
    width: 8ch;
  }
  .col-subset {
    flex: 0 1 17ch;
    min-width: 10ch;
  }
  .col-margin,
  .col-score,
  .col-best {
    width: 12ch;
  }
  .col-chosen,
  .col-rejected,
  .col-which {
    width: 11ch;
  }
  .col-tokens {
    width: 10ch;
  }
  .col-against {
    flex: 1 1 22ch;
    min-width: 12ch;
  }
  .col-prompt {
    flex: 2 1 24ch;
    min-width: 12ch;
  }
  .col-error {
    flex: 2 1 40ch;
    min-width: 20ch;
  }
  .col-why {
    width: 7ch;
    padding-inline-end: 0;
    text-align: end;
  }
  /* Beside an editor: first what can be had elsewhere goes. */
  @container (max-width: 720px) {
    .head,
    .body {
      --width: 74ch;
    }
    .col-line,
    .col-against {
      display: none;
    }
  }
  @container (max-width: 560px) {
    .head,
    .body {
      --width: 52ch;
    }
    .col-chosen,
    .col-rejected,
    .col-tokens {
      display: none;
    }
  }
`;
