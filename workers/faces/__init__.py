"""The identity check of the person present (人证相符核验), by face_recognition in child processes."""
