"""What the farm can do and is held to: one folder for each mechanism; `contents` names them."""
