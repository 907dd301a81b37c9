throw new Error('the stream is not wired yet');
