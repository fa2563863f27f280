import { css } from 'lit';

/** The columns of the table; what every table of many rows has is in `virtualRowStyles`. */
export const tensorTableStyles = css`
  :host {
    container-type: inline-size;
    --width: 66ch;
  }
  .grid.files {
    --width: 88ch;
  }
  .grid.compared {
    --width: 84ch;
  }
  .row.chosen {
    box-shadow: inset 3px 0 var(--vscode-focusBorder);
  }
  .cell.col-name {
    flex: 1 1 30ch;
    min-width: 24ch;
  }
  .col-dtype {
    width: 9ch;
  }
  .col-shape {
    width: 17ch;
  }
  .col-size {
    width: 11ch;
  }
  .col-relativeL2,
  .col-changed {
    width: 11ch;
  }
  .col-cosine {
    width: 12ch;
  }
  .cell.col-file {
    flex: 0 1 26ch;
    min-width: 14ch;
  }
  .cell:last-child {
    padding-inline-end: 0;
  }
  /* The name says more than the shape. */
  @container (max-width: 760px) {
    .grid.compared {
      --width: 68ch;
    }
    .compared .col-shape {
      display: none;
    }
  }
  /* Beside an editor: first what can be had elsewhere goes. */
  @container (max-width: 620px) {
    .grid,
    .grid.files,
    .grid.compared {
      --width: 48ch;
    }
    .col-file,
    .compared .col-shape,
    .compared .col-changed {
      display: none;
    }
  }
`;
