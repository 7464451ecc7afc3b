from shapes.area import Box, circle, one, scaled

circle(1)
scaled(2)(3)
one(1)
Box().area()
