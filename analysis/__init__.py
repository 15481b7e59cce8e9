"""The study: data, designs, presentation and the pipeline that joins them."""
