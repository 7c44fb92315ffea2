DROP TABLE learned_view;
