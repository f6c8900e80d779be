"""What bot and worker share: prompt grammar, recipe, job, schedule, events, stores."""
