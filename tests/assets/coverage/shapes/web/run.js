const { unit, Label } = require("./format");

unit(1);
unit(2);
new Label("a");
