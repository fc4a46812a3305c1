"""From Scenes to one stack in one frame and one light: offsets checked, passes registered, clouds masked."""
