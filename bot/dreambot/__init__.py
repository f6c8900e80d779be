"""The Discord side: commands, buttons, replies. No torch in this process."""
