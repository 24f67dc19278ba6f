SELECT name, mark FROM key_marks ORDER BY name
